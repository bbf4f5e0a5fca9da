// Owners of what OpenSSL and C make: std::unique_ptr<X509, Freeing<&X509_free>>.
#pragma once

namespace postrider::net {

template <auto Free>
struct Freeing {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

}  // namespace postrider::net

// A file descriptor that is closed with its owner. A value: moved, not copied.
#pragma once

#include <string_view>

namespace postrider {

class Descriptor {
 public:
  /// Takes what open() has returned, -1 included.
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;

  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }

  /// All bytes, however many calls it takes. False: errno says why.
  bool write_all(std::string_view bytes) const;

 private:
  int number_;
};

}  // namespace postrider

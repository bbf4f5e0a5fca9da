// One attempt to deliver to one recipient, and what it came to. Values.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "queue/waiting.h"
#include "smtp/reply.h"

namespace postrider::delivery {

/// The far end of a connection, shared by all attempts that went over it.
struct Peer {
  std::string site;
  std::string host;     ///< name of the MX
  std::string address;  ///< with port
  std::string source_address;
  std::string tls_version;  ///< empty: in the clear
  std::string tls_cipher;
  bool offers_dsn = false;  ///< it reports on what it took, where NOTIFY asks for it
};

struct Attempt {
  queue::Waiting waiting;                       ///< as it was before this attempt
  std::shared_ptr<const queue::Fresh> message;  ///< null where none was loaded
  std::shared_ptr<const Peer> peer;             ///< at least the site is set
  smtp::Reply reply;                            ///< code 0: no reply, `text` holds our words
  bool is_final = false;                        ///< code 0 only: it can't be delivered, ever
  bool is_timeout = false;                      ///< code 0 only: nothing was said in time
  bool is_suppressed = false;     ///< not tried: no mail goes to this address; `text` says why
  bool is_damaged = false;        ///< the stored message can't be read, ever: `text` says why
  bool is_defect = false;         ///< of ours ended it, an exception: `text` says which
  bool is_of_connection = false;  ///< the reply refused the connection, not the recipient
  std::chrono::milliseconds took{0};
};

}  // namespace postrider::delivery

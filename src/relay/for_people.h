// Mail for postmaster and abuse: sent on to the address that the settings name, else kept as a
// file.
//
// Sent on, it goes through the spool like any message, with a null return path, so that a refusal
// ends there; unsigned, because we didn't write it; on behalf of the account whose domain it came
// to, or of none. It has one Received: line more, which ends a loop (limits.hops_max).
//
// 250 may be said once put() has returned. Thread: an io thread, to which it comes back.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/current.h"
#include "net/io_threads.h"
#include "relay/inbound_address.h"
#include "relay/intake.h"
#include "relay/mail_folder.h"
#include "relay/settings.h"

namespace postrider::relay {

class ForPeople {
 public:
  struct Parts {
    Intake& intake;
    std::vector<store::Committer>& committers;
    net::BlockingPool& blocking;
    const Clock& clock;
    std::filesystem::path folder;  ///< a folder for each use is made in it
  };
  ForPeople(Parts parts, const InboundSettings& settings);

  void change_to(const InboundSettings& settings) { settings_.set(settings); }

  struct Mail {
    AccountId account;             ///< whose domain it came to; 0: the installation's
    std::string return_path_line;  ///< for a file
    std::string received_line;
    const std::string& content;
  };
  /// `use`: postmaster or abuse. `mail` outlives the await.
  boost::asio::awaitable<Result<>> put(InboundUse use, const Mail& mail);

 private:
  boost::asio::awaitable<Result<>> send_on(const mail::Address& to, const Mail& mail);

  Parts parts_;
  Current<InboundSettings> settings_;
  MailFolder postmaster_;
  MailFolder abuse_;
};

}  // namespace postrider::relay

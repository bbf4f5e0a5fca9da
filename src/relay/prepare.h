// Makes a submitted message ready to be relayed: checks what a submission must have, takes out what
// must not leave, adds what is missing, to bulk mail also a Feedback-ID, and says what each copy
// will be given later. No byte is changed that need not be.
//
// RFC 6409 (submission: 6.1 sender, 8.1 Date and Message-ID), RFC 5321, 4.4 (Received), RFC
// 5322, 3.6.3 (Bcc). Exactly one From: field, each of its 100 addresses at most in a domain of the
// account. Bcc, Resent-Bcc and Return-Path are removed, and what is an instruction to us
// (relay/instructions.h).
// White space before a field's colon is removed: no verifier of DKIM takes it.
//
// Every line of the header must be a field or continue one; a header beyond ASCII must be UTF-8 and
// its envelope say SMTPUTF8 (RFC 6532): it could be delivered to hosts with SMTPUTF8 only. How much
// header there may be has been checked before (smtp/content_check.h).
//
// Bulk mail of an account whose bulk mail is paused is refused for now (450).
//
// Pure; any thread. Errors are in words fit for a reply, whose codes they begin with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "delivery/unsubscribe.h"
#include "directory/directory.h"
#include "mail/address.h"
#include "queue/waiting.h"
#include "relay/received_line.h"
#include "spool/message.h"
#include "track/plan.h"

namespace postrider::relay {

struct Submission {
  AccountId account;
  smtp::Envelope envelope;
  std::string content;
  Origin origin;
};

/// What mail is told of this installation.
struct Installation {
  std::string hostname;
  delivery::UnsubscribeMail unsubscribe_mail = {};
};

struct Prepared {
  /// Message (id, account and times set) and content, as spool, events and delivery share them.
  std::shared_ptr<queue::Fresh> fresh;
  std::string header_from;          ///< addresses of From:, for the event; cut
  std::string subject;              ///< printable, cut
  std::optional<track::Plan> plan;  ///< where it is tracked
  bool has_links = false;  ///< something in it leads to the tracking host: a record is to be kept
  std::string tracking_problem;  ///< for an event: why it is not, or not wholly
};

/// `id`: reserved for the message. Errc::invalid: the submission is refused; the text begins with
/// code and enhanced status code ("550 5.7.1 From: ..."). Takes the envelope out of `submission`.
Result<Prepared> prepare(Submission& submission, MessageId id, const directory::Snapshot& directory,
                         const Installation& installation, Time now);

/// Fills in what delivery will ask of the bytes again and again.
void describe(spool::Message& message, std::string_view content);

}  // namespace postrider::relay

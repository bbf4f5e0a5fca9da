// Events into a topic of Kafka, by librdkafka's idempotent producer: one message for each event,
// the JSON of docs/events.md, under the message's id as key, so that events of one message stand in
// one partition and in order.
//
// deliver() returns when a report has come for each event that the brokers have it on all in-sync
// replicas (acks=all). While nothing comes for its patience it says so and is called again; what is
// on its way stays on its way meanwhile and is not sent twice. What a broker refuses for good
// (too large, not allowed) begins again with a new producer; what was reported is not sent again,
// but for events of the same messages.
#pragma once

#include <chrono>
#include <memory>

#include "base/result.h"
#include "exports/destination.h"
#include "exports/options.h"

namespace postrider::exports {

/// Errc::invalid: as check_kafka(). `patience`: without a report, until it says so.
Result<std::unique_ptr<Destination>> make_kafka(
    const Options& options, std::chrono::milliseconds patience = std::chrono::seconds(10));

/// Errc::invalid: a broker, the topic, or a property that librdkafka does not know or that is ours.
Result<> check_kafka(const Options& options);

}  // namespace postrider::exports

#include "exports/kafka.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <librdkafka/rdkafka.h>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace postrider::exports {
namespace {

using std::chrono::steady_clock;

constexpr int kPollMs = 100;
constexpr std::size_t kReasonBytes = 300;
constexpr std::size_t kLongestTopic = 249;

/// What our promise rests on; and no time-out: an event that waits for its broker is not refused.
constexpr std::array<std::pair<const char*, const char*>, 3> kOurs{
    {{"enable.idempotence", "true"}, {"acks", "all"}, {"message.timeout.ms", "0"}}};
/// Properties that would undo this, under all their names.
constexpr std::array kNotTheirs{"enable.idempotence",
                                "acks",
                                "request.required.acks",
                                "message.timeout.ms",
                                "delivery.timeout.ms",
                                "bootstrap.servers",
                                "metadata.broker.list",
                                "transactional.id",
                                "retries",
                                "message.send.max.retries",
                                "delivery.report.only.error",
                                "plugin.library.paths"};

struct FreeConf {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using Conf = std::unique_ptr<rd_kafka_conf_t, FreeConf>;

Result<> set(const Conf& conf, const std::string& name, const std::string& value) {
  std::array<char, 256> why{};
  if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why.data(), why.size()) !=
      RD_KAFKA_CONF_OK) {
    return fail(Errc::invalid, printable(why.data(), kReasonBytes));
  }
  return {};
}

Result<Conf> make_conf(const Options& options) {
  Conf conf(rd_kafka_conf_new());
  std::string brokers;
  for (const std::string& broker : options.brokers) {
    brokers += (brokers.empty() ? "" : ",") + broker;
  }
  TRY_VOID(set(conf, "bootstrap.servers", brokers));
  TRY_VOID(set(conf, "client.id", "postrider-" + options.name));
  for (const auto& [name, value] : options.properties) {
    if (std::ranges::find(kNotTheirs, name) != kNotTheirs.end()) {
      return fail(Errc::invalid, "the property " + name + " is set by Postrider; leave it out");
    }
    TRY_VOID(set(conf, name, value));
  }
  for (const auto& [name, value] : kOurs) {
    TRY_VOID(set(conf, name, value));
  }
  return conf;
}

std::string name_of(rd_kafka_resp_err_t error) {
  return rd_kafka_err2str(error);
}

class Kafka final : public Destination {
 public:
  Kafka(Options options, std::chrono::milliseconds patience)
      : options_(std::move(options)), patience_(patience) {}
  ~Kafka() override { close(); }
  Kafka(const Kafka&) = delete;
  Kafka& operator=(const Kafka&) = delete;

  Result<> deliver(std::span<const events::Event* const> events) override {
    if (producer_ == nullptr) {
      TRY_VOID(open());
    }
    moved_ = steady_clock::now();
    for (const events::Event* event : events) {
      TRY_VOID(send(*event));
    }
    TRY_VOID(wait_for_reports());
    sent_.clear();
    return {};
  }

  Result<> idle() override {
    if (producer_ != nullptr) {
      rd_kafka_poll(producer_, 0);
    }
    return {};
  }

  void begin_again() override {
    close();
    sent_.clear();
  }

  void stop_waiting() override { is_stopping_ = true; }

 private:
  enum class Stage : std::uint8_t { on_its_way, there, refused };
  struct Sent {
    std::uint64_t key = 0;
    Stage stage = Stage::on_its_way;
  };

  Result<> open() {
    TRY(Conf conf, make_conf(options_));
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_dr_msg_cb(conf.get(), on_report);
    rd_kafka_conf_set_error_cb(conf.get(), on_error);
    rd_kafka_conf_set_log_cb(conf.get(), on_log);
    std::array<char, 256> why{};
    producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), why.data(), why.size());
    if (producer_ == nullptr) {
      return fail(Errc::unavailable, "kafka: " + printable(why.data(), kReasonBytes));
    }
    static_cast<void>(conf.release());  // the producer's now
    return {};
  }

  /// What is on its way is forgotten here: it may arrive, or not.
  void close() {
    if (producer_ == nullptr) {
      return;
    }
    is_closing_ = true;
    rd_kafka_purge(producer_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(producer_, kPollMs);  // reports of what was purged, and of what arrived
    rd_kafka_destroy(std::exchange(producer_, nullptr));
    is_closing_ = false;
    waiting_ = 0;
    std::erase_if(sent_, [](const auto& entry) { return entry.second.stage != Stage::there; });
  }

  Result<> send(const events::Event& event) {
    if (sent_.contains(event.sequence)) {
      return {};
    }
    std::string value = events::to_json(event);
    const std::string key = event.message.exists() ? to_string(event.message) : std::string();
    const char* const key_bytes = key.empty() ? nullptr : key.data();
    auto* const opaque = reinterpret_cast<void*>(event.sequence);
    while (true) {
      const rd_kafka_resp_err_t error = rd_kafka_producev(
          producer_, RD_KAFKA_VTYPE_TOPIC, options_.topic.c_str(), RD_KAFKA_VTYPE_KEY, key_bytes,
          key.size(), RD_KAFKA_VTYPE_VALUE, value.data(), value.size(), RD_KAFKA_VTYPE_MSGFLAGS,
          RD_KAFKA_MSG_F_COPY, RD_KAFKA_VTYPE_OPAQUE, opaque, RD_KAFKA_VTYPE_END);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        sent_.emplace(event.sequence, Sent{.key = event.message.value});
        ++waiting_;
        return {};
      }
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        refused_ = name_of(error);
        return begin_with_another();
      }
      TRY_VOID(poll());
    }
  }

  Result<> wait_for_reports() {
    while (waiting_ > 0) {
      TRY_VOID(poll());
    }
    return refused_.empty() ? Result<>() : begin_with_another();
  }

  Result<> poll() {
    rd_kafka_poll(producer_, kPollMs);
    if (is_stopping_) {
      return fail(Errc::closed, "stopping");
    }
    if (steady_clock::now() - moved_ > patience_) {
      if (!refused_.empty()) {
        return begin_with_another();
      }
      return fail(Errc::unavailable, "kafka: no report of " + std::to_string(waiting_) + " events" +
                                         (problem_.empty() ? "" : ": " + problem_));
    }
    return {};
  }

  /// After an error that waiting does not mend. What has the same key as an event that is not there
  /// comes again with it, so that they stay in order.
  Result<> begin_with_another() {
    const std::string why = std::exchange(refused_, {});
    std::set<std::uint64_t> keys;
    for (const auto& [sequence, sent] : sent_) {
      if (sent.stage != Stage::there) {
        keys.insert(sent.key);
      }
    }
    close();
    std::erase_if(sent_, [&](const auto& entry) { return keys.contains(entry.second.key); });
    return fail(Errc::unavailable, "kafka: " + why);
  }

  void reported(const rd_kafka_message_t& message) {
    const auto found = sent_.find(reinterpret_cast<std::uint64_t>(message._private));
    if (found == sent_.end()) {
      return;
    }
    waiting_ -= waiting_ > 0 ? 1 : 0;
    moved_ = steady_clock::now();
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      found->second.stage = Stage::there;
      problem_.clear();
      return;
    }
    found->second.stage = Stage::refused;
    if (!is_closing_) {
      refused_ = "event " + std::to_string(found->first) + " is refused: " + name_of(message.err);
    }
  }

  static void on_report(rd_kafka_t* /*producer*/, const rd_kafka_message_t* message, void* self) {
    static_cast<Kafka*>(self)->reported(*message);
  }

  static void on_error(rd_kafka_t* producer, int error, const char* reason, void* self) {
    auto& kafka = *static_cast<Kafka*>(self);
    kafka.problem_ = printable(reason, kReasonBytes);
    if (error != RD_KAFKA_RESP_ERR__FATAL || kafka.is_closing_) {
      return;
    }
    std::array<char, 256> why{};
    rd_kafka_fatal_error(producer, why.data(), why.size());
    kafka.refused_ = printable(why.data(), kReasonBytes);
  }

  /// On librdkafka's threads.
  static void on_log(const rd_kafka_t* /*producer*/, int level, const char* facility,
                     const char* text) {
    constexpr int kWarning = 4;  // of syslog
    if (level <= kWarning) {
      log::warning("kafka says", {{"what", printable(text, kReasonBytes)}, {"where", facility}});
    }
  }

  const Options options_;
  const std::chrono::milliseconds patience_;
  std::atomic<bool> is_stopping_ = false;
  rd_kafka_t* producer_ = nullptr;
  std::map<std::uint64_t, Sent> sent_;  // of the batch in hand, by sequence
  std::size_t waiting_ = 0;             // of these, for a report
  steady_clock::time_point moved_;      // when the last report came
  std::string problem_;                 // what librdkafka said last
  std::string refused_;                 // why the producer is of no use any more
  bool is_closing_ = false;
};

/// As Kafka has it: letters, digits, '.', '_' and '-'.
bool is_topic(std::string_view name) {
  return !name.empty() && name.size() <= kLongestTopic && name != "." && name != ".." &&
         std::ranges::all_of(name, [](char c) {
           return is_alpha(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

}  // namespace

Result<std::unique_ptr<Destination>> make_kafka(const Options& options,
                                                std::chrono::milliseconds patience) {
  TRY_VOID(check_kafka(options));
  return std::make_unique<Kafka>(options, patience);
}

Result<> check_kafka(const Options& options) {
  if (options.brokers.empty()) {
    return fail(Errc::invalid, "there is no broker; write brokers = [\"HOST:9092\"]");
  }
  for (const std::string& broker : options.brokers) {
    if (broker.empty() || broker.find_first_of(", ") != std::string::npos) {
      return fail(Errc::invalid,
                  "'" + printable(broker, 60) + "' is not a broker; write one as \"HOST:9092\"");
    }
  }
  if (!is_topic(options.topic)) {
    return fail(Errc::invalid,
                "the topic must be of letters, digits, '.', '_' and '-', such as "
                "\"postrider.events\"");
  }
  TRY_VOID(make_conf(options));
  return {};
}

}  // namespace postrider::exports

#include "rpc/status_words.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <map>

#include "absl/strings/str_cat.h"
#include "rpc/delivery_printer.h"

namespace amqp_sidecar::rpc {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

std::string BrokerText(const v1::ConnectionStatus& connection) {
  if (connection.broker_product().empty()) return "";
  return absl::StrCat(", ", Escaped(connection.broker_product(), ""), " ",
                      Escaped(connection.broker_version(), ""), ",");
}

// " for 3h 12m"; nothing where it is not known since when.
std::string ForText(const v1::ConnectionStatus& connection, WallTime now) {
  if (!connection.has_since()) return "";
  const auto time = duration_cast<milliseconds>(now - ToWallTime(connection.since()));
  return absl::StrCat(" for ", DurationText(time));
}

std::string NextTryText(const v1::ConnectionStatus& connection, WallTime now) {
  if (!connection.has_next_attempt_at()) return "";
  const auto time = duration_cast<milliseconds>(ToWallTime(connection.next_attempt_at()) - now);
  if (time <= milliseconds::zero()) return ", the next attempt is due";
  return absl::StrCat(", the next attempt in ", DurationText(time));
}

}  // namespace

std::string DurationText(milliseconds time) {
  const int64_t ms = std::max<int64_t>(time.count(), 0);
  const int64_t seconds = ms / 1000;
  if (ms == 0) return "0s";
  if (seconds == 0) return absl::StrCat(ms, "ms");
  if (seconds < 10) return absl::StrCat(seconds, ".", ms / 100 % 10, "s");
  if (seconds < 60) return absl::StrCat(seconds, "s");
  if (seconds < 3600) return absl::StrCat(seconds / 60, "m ", seconds % 60, "s");
  if (seconds < 86'400) return absl::StrCat(seconds / 3600, "h ", seconds / 60 % 60, "m");
  return absl::StrCat(seconds / 86'400, "d ", seconds / 3600 % 24, "h");
}

milliseconds ToMillis(const google::protobuf::Duration& time) {
  return std::chrono::seconds(time.seconds()) + milliseconds(time.nanos() / 1'000'000);
}

WallTime ToWallTime(const google::protobuf::Timestamp& time) {
  return WallTime(std::chrono::seconds(time.seconds()) + milliseconds(time.nanos() / 1'000'000));
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  const std::time_t seconds = time.seconds();
  std::tm local = {};
  if (localtime_r(&seconds, &local) == nullptr) return absl::StrCat("@", seconds);
  std::array<char, 64> text = {};
  const size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &local);
  return std::string(text.data(), size);
}

std::string LinkText(const v1::ConnectionStatus& connection, WallTime now) {
  const std::string where = connection.endpoint().empty() ? std::string("the broker")
                                                          : Escaped(connection.endpoint(), "");
  const std::string connected =
      absl::StrCat("connected to ", where, BrokerText(connection), ForText(connection, now));
  switch (connection.state()) {
    case v1::CONNECTION_STATE_CONNECTING:
      return absl::StrCat("no connection: connecting to ", where, ForText(connection, now));
    case v1::CONNECTION_STATE_READY:
      return connected;
    case v1::CONNECTION_STATE_BLOCKED:
      return absl::StrCat("blocked: the broker accepts no publishes: ",
                          Escaped(connection.blocked_reason(), ""), "; ", connected);
    case v1::CONNECTION_STATE_BACKING_OFF:
      return absl::StrCat("no connection to ", where, ForText(connection, now),
                          NextTryText(connection, now));
    case v1::CONNECTION_STATE_DRAINING:
      return "the sidecar is shutting down";
    default:
      return "in a state that this version does not know";
  }
}

std::string CountsText(const google::protobuf::Map<std::string, uint64_t>& counts) {
  std::string text;
  for (const auto& [name, count] : std::map<std::string, uint64_t>(counts.begin(), counts.end())) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", Escaped(name, ""), " ", count);
  }
  return text;
}

uint64_t SumOf(const google::protobuf::Map<std::string, uint64_t>& counts) {
  uint64_t sum = 0;
  for (const auto& [name, count] : counts) sum += count;
  return sum;
}

}  // namespace amqp_sidecar::rpc

// The log: a constant sentence and fields, written by a thread of its own. Any thread. Never given
// a message body or a credential.
//
//   base::Log(base::LogLevel::kInfo, "connection lost", {{"endpoint", endpoint}, {"epoch",
//   epoch}});
//
// The queue to the writing thread is bounded: when it is full the oldest lines go, and are counted.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace amqp_sidecar::base {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kText, kJson };

// One field of a log line.
class LogField {
 public:
  LogField(std::string_view key, std::string_view value)
      : key_(key), value_(value), quoted_(true) {}
  LogField(std::string_view key, const std::string& value)
      : LogField(key, std::string_view(value)) {}
  LogField(std::string_view key, const char* value) : LogField(key, std::string_view(value)) {}
  LogField(std::string_view key, bool value)
      : key_(key), value_(value ? "true" : "false"), quoted_(false) {}
  template <typename Number>
    requires(std::integral<Number> || std::floating_point<Number>)
  LogField(std::string_view key, Number value)
      : key_(key), value_(std::to_string(value)), quoted_(false) {}

  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }
  // True for text, false for a number or a truth value.
  bool quoted() const { return quoted_; }

 private:
  std::string_view key_;
  std::string value_;
  bool quoted_;
};

// Starts the writing thread; lines go to standard error. Before it, lines are written at once. Once
// a process, from main. From here on events are kept, too.
void StartLog(LogLevel level, LogFormat format);

// Writes out what is queued and ends the writing thread.
void StopLog();

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

// Whether a line of this level would be written: to spare the making of costly fields.
bool LogEnabled(LogLevel level);

// Lines that were dropped because the queue was full.
size_t DroppedLogLines();

// The last lines of level info and above, whatever level is written. Any thread.
struct Event;
std::vector<Event> RecentLogEvents();

// The line without its time, as Log() would write it: `message key=value key="quoted value"`, or
// the members of a JSON object.
std::string FormatLogLine(LogFormat format, LogLevel level, std::string_view message,
                          std::initializer_list<LogField> fields);

}  // namespace amqp_sidecar::base

#include "base/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cstdio>
#include <memory>

#include "base/recent_events.h"

namespace amqp_sidecar::base {
namespace {

constexpr size_t kQueueLines = 8192;

struct State {
  LogFormat format = LogFormat::kText;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::logger> logger;
  std::atomic<bool> keeps_events = false;
  RecentEvents events;
};

State& state() {
  static State* const instance = [] {
    auto* fresh = new State;
    fresh->logger = spdlog::stderr_color_mt("amqp-sidecar");
    fresh->logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    return fresh;
  }();
  return *instance;
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// JSON's escapes serve the text form as well: a line stays one line.
void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          char escaped[8];
          std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
          out += escaped;
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '=' || c == '\\' || c == 0x7f) {
      return true;
    }
  }
  return false;
}

// key=value key="quoted value", each after a blank.
void AppendFields(std::string& out, std::initializer_list<LogField> fields) {
  for (const LogField& field : fields) {
    out += ' ';
    out += field.key();
    out += '=';
    if (field.quoted() && NeedsQuotes(field.value())) {
      AppendQuoted(out, field.value());
    } else {
      out += field.value();
    }
  }
}

void KeepEvent(RecentEvents& events, LogLevel level, std::string_view message,
               std::initializer_list<LogField> fields) {
  Event event;
  event.at = std::chrono::system_clock::now();
  event.level = level;
  event.what = message;
  AppendFields(event.detail, fields);
  if (!event.detail.empty()) event.detail.erase(0, 1);
  events.Add(std::move(event));
}

}  // namespace

std::string FormatLogLine(LogFormat format, LogLevel level, std::string_view message,
                          std::initializer_list<LogField> fields) {
  std::string line;
  if (format == LogFormat::kText) {
    line = message;
    AppendFields(line, fields);
    return line;
  }
  line = "\"level\":\"";
  const auto name = spdlog::level::to_string_view(ToSpdlog(level));
  line.append(name.data(), name.size());
  line += "\",\"msg\":";
  AppendQuoted(line, message);
  for (const LogField& field : fields) {
    line += ',';
    AppendQuoted(line, field.key());
    line += ':';
    if (field.quoted()) {
      AppendQuoted(line, field.value());
    } else {
      line += field.value();
    }
  }
  return line;
}

void StartLog(LogLevel level, LogFormat format) {
  State& log = state();
  log.format = format;
  log.pool = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  log.logger = std::make_shared<spdlog::async_logger>(
      "amqp-sidecar", std::move(sink), log.pool, spdlog::async_overflow_policy::overrun_oldest);
  if (format == LogFormat::kText) {
    log.logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  } else {
    log.logger->set_pattern("{\"time\":\"%Y-%m-%dT%H:%M:%S.%e%z\",%v}");
  }
  log.logger->set_level(ToSpdlog(level));
  log.keeps_events = true;
}

void StopLog() {
  State& log = state();
  if (!log.pool) return;
  log.logger->flush();
  // The pool's destructor writes out what is queued and joins its thread.
  log.logger = spdlog::get("amqp-sidecar");
  log.pool.reset();
}

bool LogEnabled(LogLevel level) { return state().logger->should_log(ToSpdlog(level)); }

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  State& log = state();
  if (level != LogLevel::kDebug && log.keeps_events) KeepEvent(log.events, level, message, fields);
  if (!log.logger->should_log(ToSpdlog(level))) return;
  log.logger->log(ToSpdlog(level), spdlog::string_view_t("{}"),
                  FormatLogLine(log.format, level, message, fields));
}

size_t DroppedLogLines() {
  State& log = state();
  return log.pool ? log.pool->overrun_counter() : 0;
}

std::vector<Event> RecentLogEvents() { return state().events.List(); }

}  // namespace amqp_sidecar::base

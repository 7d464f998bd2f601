#include "json/time_format.h"

#include <cstddef>
#include <optional>

#include "json/ascii.h"

namespace amqp_sidecar::json {
namespace {

constexpr size_t kDateSize = 10;
constexpr int kMinutesOfDay = 24 * 60;

// The digits at `at`, all of them.
std::optional<int> Number(std::string_view text, size_t at, size_t digits) {
  if (at + digits > text.size()) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(at, digits)) {
    if (!IsDigit(c)) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

// hh:mm, in minutes.
std::optional<int> Minutes(std::string_view text) {
  if (text.size() < 5 || text[2] != ':') return std::nullopt;
  const auto hour = Number(text, 0, 2);
  const auto minute = Number(text, 3, 2);
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  return *hour * 60 + *minute;
}

// What local time is ahead of UTC, in minutes.
std::optional<int> Offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const auto minutes = Minutes(text.substr(1));
  if (!minutes) return std::nullopt;
  return text[0] == '+' ? *minutes : -*minutes;
}

int DaysOf(int year, int month) {
  if (month == 4 || month == 6 || month == 9 || month == 11) return 30;
  if (month != 2) return 31;
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return is_leap ? 29 : 28;
}

}  // namespace

bool IsDate(std::string_view text) {
  if (text.size() != kDateSize || text[4] != '-' || text[7] != '-') return false;
  const auto year = Number(text, 0, 4);
  const auto month = Number(text, 5, 2);
  const auto day = Number(text, 8, 2);
  if (!year || !month || !day || *month < 1 || *month > 12) return false;
  return *day >= 1 && *day <= DaysOf(*year, *month);
}

bool IsTime(std::string_view text) {
  const auto minutes = Minutes(text);
  if (!minutes || text.size() < 8 || text[5] != ':') return false;
  const auto second = Number(text, 6, 2);
  if (!second || *second > 60) return false;
  size_t end = 8;
  if (end < text.size() && text[end] == '.') {
    const size_t fraction = ++end;
    while (end < text.size() && IsDigit(text[end])) ++end;
    if (end == fraction) return false;
  }
  const auto offset = Offset(text.substr(end));
  if (!offset) return false;
  if (*second < 60) return true;
  return (*minutes - *offset + kMinutesOfDay) % kMinutesOfDay == kMinutesOfDay - 1;
}

bool IsDateTime(std::string_view text) {
  if (text.size() <= kDateSize || !IsOneOf(text[kDateSize], "Tt")) return false;
  return IsDate(text.substr(0, kDateSize)) && IsTime(text.substr(kDateSize + 1));
}

}  // namespace amqp_sidecar::json

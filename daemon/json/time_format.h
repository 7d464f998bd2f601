// Dates and times as RFC 3339 §5.6 writes them. Pure, any thread.
#pragma once

#include <string_view>

namespace amqp_sidecar::json {

bool IsDate(std::string_view text);
// With its offset. A second 60 is one only where it ends a day of UTC.
bool IsTime(std::string_view text);
bool IsDateTime(std::string_view text);

}  // namespace amqp_sidecar::json

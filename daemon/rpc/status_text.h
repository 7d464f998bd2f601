// StatusText: a status as `status` shows it. Pure, any thread.
#pragma once

#include <cstddef>
#include <string>

#include "amqp_sidecar/v1/status.pb.h"
#include "rpc/status_words.h"

namespace amqp_sidecar::rpc {

// Lines for a person, each with its newline. Control characters of names and peers are escaped.
// `now` is the sidecar's clock, which times are told against.
std::string StatusText(const v1::SidecarStatus& status, WallTime now);

// The same on a terminal of so many lines and columns: lines are cut, and of the events and then of
// the subscriptions those are left out that do not fit.
std::string StatusScreen(const v1::SidecarStatus& status, WallTime now, size_t lines,
                         size_t columns);

// One JSON object and a newline: the fields by their names in the API, numbers that are 0 included.
std::string StatusJson(const v1::SidecarStatus& status);

}  // namespace amqp_sidecar::rpc

// DeliveryPrinter: a delivery as `subscribe` shows it. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "amqp_sidecar/v1/subscriber.pb.h"

namespace amqp_sidecar::rpc {

// Appends ` key=value`, without the space at the beginning of a line; nothing where `value` is
// empty. In quotes where it needs them, and with control characters escaped.
void AppendField(std::string& line, const char* key, const std::string& value);

// `text` with its control characters escaped, but those that are `allowed`.
std::string Escaped(std::string_view text, std::string_view allowed);

// A header line and the body, each with its newline. Control characters are escaped, so that a
// message cannot play with the terminal; a body that is not UTF-8 is left out, and the text says
// so.
std::string DeliveryText(const v1::Delivery& delivery);

// One JSON object and a newline: the fields by their names in the API; the body as `body`, or as
// `body_base64` where it is not valid UTF-8.
std::string DeliveryJson(const v1::Delivery& delivery);

}  // namespace amqp_sidecar::rpc

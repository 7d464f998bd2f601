// DeliveryPrinter: a delivery as `subscribe` shows it. Pure, any thread.
#pragma once

#include <string>

#include "amqp_sidecar/v1/subscriber.pb.h"

namespace amqp_sidecar::rpc {

// A header line and the body, each with its newline. Control characters are escaped, so that a
// message cannot play with the terminal; a body that is not UTF-8 is left out, and the text says
// so.
std::string DeliveryText(const v1::Delivery& delivery);

// One JSON object and a newline: the fields by their names in the API; the body as `body`, or as
// `body_base64` where it is not valid UTF-8.
std::string DeliveryJson(const v1::Delivery& delivery);

}  // namespace amqp_sidecar::rpc

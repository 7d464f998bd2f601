// URIs as RFC 3986 §3 writes them: with a scheme, so no relative reference. Pure, any thread.
#pragma once

#include <string_view>

namespace amqp_sidecar::json {

bool IsUri(std::string_view text);

}  // namespace amqp_sidecar::json

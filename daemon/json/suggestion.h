// The name that was probably meant. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace amqp_sidecar::json {

// The one of `known` that `name` is nearest to, where it is near: one letter in four, or one, is
// wrong, missing, too many, or has changed its place with its neighbour. Else empty.
std::string NearestName(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace amqp_sidecar::json

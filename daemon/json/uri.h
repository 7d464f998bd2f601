// URIs, as far as the references of JSON Schema need them (RFC 3986). Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace amqp_sidecar::json {

// RFC 3986 §5.2: what `reference` means where `base` is the URI of the text that it stands in. With
// its fragment.
std::string ResolveUri(std::string_view base, std::string_view reference);

struct UriParts {
  std::string uri;       // without its fragment
  std::string fragment;  // with percent signs resolved
};
// Nothing where a percent sign is not followed by two hexadecimal digits.
std::optional<UriParts> SplitFragment(std::string_view uri);

// Without its percent signs; nothing where one is not followed by two hexadecimal digits.
std::optional<std::string> PercentDecoded(std::string_view text);
// A path as it may stand in a URI.
std::string PercentEncodedPath(std::string_view path);

}  // namespace amqp_sidecar::json

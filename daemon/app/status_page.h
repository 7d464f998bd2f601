// The status page as it is served at admin.listen: status_page.html, put into the binary by
// cmake/embed_page.cmake. Constants.
#pragma once

#include <string_view>

namespace amqp_sidecar::app {

// text/html; charset=utf-8
extern const std::string_view kStatusPage;

// For the header Content-Security-Policy: runs this page's own script and style, by their hashes,
// and asks this address only.
extern const std::string_view kStatusPagePolicy;

}  // namespace amqp_sidecar::app

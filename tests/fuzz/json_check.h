// What must hold of every document and of every check of one, whatever the bytes. Dies where it
// does not.
#pragma once

#include <string_view>

#include "json/document.h"
#include "json/schema.h"

namespace amqp_sidecar::fuzz {

void Require(bool holds, std::string_view what, std::string_view detail = {});

// Its values stand as document.h says.
void RequireSoundDocument(const json::Document& document);

// The complaints are short lines of UTF-8, and there are some or none however many are asked for.
void RequireSoundCheck(const json::Schema& schema, const json::Document& document);

}  // namespace amqp_sidecar::fuzz

// When two JSON values are the same: by what they mean (JSON Schema core 2020-12 §4.2.2), so that
// 1 is 1.0, and the order of an object's members does not matter. Any thread.
#pragma once

#include <cstdint>

#include "json/document.h"
#include "json/evaluation.h"

namespace amqp_sidecar::json {

// What it compares `evaluation` pays for. False also where that has no steps left.
bool AreEqual(const Document& a, uint32_t a_node, const Document& b, uint32_t b_node,
              Evaluation& evaluation);

// The same for values that are equal. Another in each process.
uint64_t HashOf(const Document& document, uint32_t node, Evaluation& evaluation);

}  // namespace amqp_sidecar::json

// What a fuzz target is to libFuzzer, and to corpus_main.cc where there is none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// libFuzzer's own name for it. Dies where something is wrong.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace amqp_sidecar::fuzz {

// Inputs to begin with.
std::vector<std::string> Seeds();

}  // namespace amqp_sidecar::fuzz

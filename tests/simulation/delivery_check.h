// What a consumer is to see of a message, whatever way it took: as it was published, or as it was
// dead-lettered; never a trace of its waits. Pure.
#pragma once

#include <string>

#include "broker/types.h"
#include "checker.h"

namespace amqp_sidecar::simulation {

// What is wrong with the delivery of `copy`; empty where nothing is.
std::string WrongWith(const broker::Delivery& delivery, const Checker& checker,
                      Checker::CopyId copy);

}  // namespace amqp_sidecar::simulation

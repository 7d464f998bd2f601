// What a call's status means: from gRPC's terms to an Error's. Pure.
#pragma once

#include <string>

#include <grpcpp/support/status.h>

#include "amqp_sidecar/error.h"

namespace amqp_sidecar {

// Whether it is the sidecar's own answer, with a reason, or comes from gRPC: then a code that says
// that the sidecar is away has the reason SIDECAR_UNAVAILABLE, any other has none. `persisted` and
// `retryable` are those of a call that is no publish.
ErrorFields FailureOf(const grpc::Status& status);

// The same of a publish; without the sidecar's answer nobody knows what became of it.
ErrorFields PublishFailureOf(const grpc::Status& status, const std::string& message_id);

// Nothing was sent.
ErrorFields NotSent(Code code, std::string_view reason, std::string detail,
                    std::string message_id = "");

// Whether a publish that failed so may be tried again: it is safe, and may succeed.
bool MayTryAgain(const ErrorFields& failure);

// Sets `retryable` by the rest.
ErrorFields AsPublish(ErrorFields failure);

}  // namespace amqp_sidecar

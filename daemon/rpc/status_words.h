// What a status says, in words: times, and the state of the link. Pure, any thread.
#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/map.h>
#include <google/protobuf/timestamp.pb.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "amqp_sidecar/v1/status.pb.h"

namespace amqp_sidecar::rpc {

using WallTime = std::chrono::system_clock::time_point;

// "350ms", "4.2s", "12s", "3m 20s", "5h 2m", "12d 4h". Below zero it is "0s".
std::string DurationText(std::chrono::milliseconds time);
std::chrono::milliseconds ToMillis(const google::protobuf::Duration& time);
WallTime ToWallTime(const google::protobuf::Timestamp& time);

// Local time, "2026-03-01 14:05:09".
std::string TimeText(const google::protobuf::Timestamp& time);

// "connected to 127.0.0.1:5672, RabbitMQ 3.10.8, for 3h 12m", or why not, and what comes next.
std::string LinkText(const v1::ConnectionStatus& connection, WallTime now);

// By name, "INVALID_BODY 1, UNROUTABLE 3".
std::string CountsText(const google::protobuf::Map<std::string, uint64_t>& counts);
uint64_t SumOf(const google::protobuf::Map<std::string, uint64_t>& counts);

}  // namespace amqp_sidecar::rpc

// Calls by name, with messages of bytes written by hand: what is no request, and gRPC's health and
// reflection services, whose stubs Debian does not ship.
#include <grpcpp/generic/generic_stub.h>

#include <stdexcept>

#include "support/client.h"
#include "support/eventually.h"

namespace amqp_sidecar::test {
namespace {

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return "";
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

// A field of protobuf's wire type 2, shorter than 128 bytes.
std::string Field(int number, const std::string& value) {
  return static_cast<char>(number << 3 | 2) + std::string(1, static_cast<char>(value.size())) +
         value;
}

bool Next(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

// Sends one message on a call of any kind and returns the first answer.
grpc::Status Ask(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                 const std::string& request, std::string* answer) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  SetDeadline(context, 5s);
  grpc::CompletionQueue queue;
  auto call = stub.PrepareCall(&context, method, &queue);
  call->StartCall(nullptr);
  grpc::Status status;
  grpc::ByteBuffer response;
  if (Next(queue)) {
    call->Write(ToBuffer(request), nullptr);
    if (Next(queue)) {
      call->WritesDone(nullptr);
      Next(queue);
      call->Read(&response, nullptr);
      if (Next(queue)) *answer = ToString(response);
    }
  }
  call->Finish(&status, nullptr);
  Next(queue);
  return status;
}

// The values of a length-delimited field in a protobuf message; other fields are skipped.
std::vector<std::string> Values(const std::string& message, int wanted) {
  std::vector<std::string> values;
  size_t at = 0;
  const auto varint = [&] {
    uint64_t value = 0;
    for (int shift = 0; at < message.size(); shift += 7) {
      const auto byte = static_cast<unsigned char>(message[at++]);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < message.size()) {
    const uint64_t key = varint();
    if ((key & 7) == 0) {
      varint();
      continue;
    }
    if ((key & 7) != 2) throw std::runtime_error("unexpected wire type");
    const size_t size = varint();
    if (static_cast<int>(key >> 3) == wanted) values.push_back(message.substr(at, size));
    at += size;
  }
  return values;
}

}  // namespace

Outcome Client::CallWithBytes(const std::string& method, const std::string& bytes) {
  std::string answer;
  return OutcomeOf(Ask(channel_, method, bytes, &answer));
}

// grpc.health.v1: HealthCheckRequest{service = 1}, HealthCheckResponse{status = 1}.
std::string Client::Health(const std::string& service) {
  std::string answer;
  const grpc::Status status = Ask(channel_, "/grpc.health.v1.Health/Check",
                                  service.empty() ? "" : Field(1, service), &answer);
  if (!status.ok()) return "code " + std::to_string(status.error_code());
  if (answer.size() < 2) return "UNKNOWN";
  return answer[1] == 1 ? "SERVING" : answer[1] == 2 ? "NOT_SERVING" : "UNKNOWN";
}

// ServerReflectionRequest{list_services = 7}, in v1 where the library has it, else in v1alpha;
// ServerReflectionResponse{list_services_response = 6}{service = 1}{name = 1}.
std::vector<std::string> Client::ReflectedServices() {
  std::string answer;
  for (const char* version : {"v1", "v1alpha"}) {
    const std::string method =
        std::string("/grpc.reflection.") + version + ".ServerReflection/ServerReflectionInfo";
    Ask(channel_, method, Field(7, "*"), &answer);
    if (!answer.empty()) break;
  }
  if (answer.empty()) throw std::runtime_error("reflection does not answer");
  std::vector<std::string> names;
  for (const std::string& list : Values(answer, 6)) {
    for (const std::string& service : Values(list, 1)) {
      for (const std::string& name : Values(service, 1)) names.push_back(name);
    }
  }
  return names;
}

}  // namespace amqp_sidecar::test

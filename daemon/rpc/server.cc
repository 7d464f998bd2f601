#include "rpc/server.h"

#include <grpc/grpc.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rpc/grpc_log.h"
#include "rpc/tcp_listener.h"

namespace amqp_sidecar::rpc {
namespace {

// What a message may be longer than its body: names, properties, headers.
constexpr size_t kRoomForProperties = 1u << 20;
// What a batch of a stream may be at least: as much as gRPC takes by default.
constexpr size_t kLeastReceive = 4u << 20;
// Of one call, sent by the client and not read yet.
constexpr int kUnreadBytes = 1 << 20;
// For a client to read how its stream ended.
constexpr base::Duration kLastWords = std::chrono::milliseconds(100);
// gRPC serves reflection, and says UNIMPLEMENTED, on threads of its own: at most this many.
constexpr int kMaxSyncThreads = 8;

// A worker that polls takes events of the others' too, and has to wake them: on 2 cores, two
// workers cost a fifth more than one for each call (docs/adr/0006).
int ThreadCount(int configured) {
  if (configured > 0) return configured;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / 2);
}

template <typename Number>
int ToInt(Number value) {
  constexpr auto kMax = std::numeric_limits<int>::max();
  return value > static_cast<Number>(kMax) ? kMax : static_cast<int>(value);
}

std::chrono::system_clock::time_point ToWall(base::TimePoint when) {
  const auto left = when - std::chrono::steady_clock::now();
  return std::chrono::system_clock::now() +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(left);
}

}  // namespace

Server::Server(broker::Broker& broker, const StatusReporter& reporter, ServerConfig config)
    : config_(std::move(config)),
      publisher_(broker),
      subscriber_(broker),
      topology_(broker),
      status_(reporter) {}

Server::~Server() {
  Shutdown(std::chrono::steady_clock::now());
  UnrouteGrpcLog();
}

absl::Status Server::Start() {
  RouteGrpcLog();
  // Never given back: with the last user gone gRPC ends its own threads, and one that has waited
  // for a client to read on sits in a poll of ten seconds, for which the end of the process would
  // wait.
  [[maybe_unused]] static const bool kept = (grpc_init(), true);
  if (absl::Status status = ParseAddresses(); !status.ok()) return status;
  absl::Status status = Listen();
  if (status.ok()) status = Serve();
  if (!status.ok()) Shutdown(std::chrono::steady_clock::now());
  return status;
}

absl::Status Server::ParseAddresses() {
  if (config_.listen.empty()) return absl::InvalidArgumentError("there is no address to listen on");
  for (const std::string& text : config_.listen) {
    absl::StatusOr<ListenAddress> address = ParseListenAddress(text);
    if (!address.ok()) return address.status();
    const std::string name = address->ToString();
    for (const Listener& other : listeners_) {
      const bool chosen = address->kind == ListenAddress::Kind::kTcp && address->port == 0;
      if (!chosen && other.address.ToString() == name) {
        return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is there twice"));
      }
    }
    listeners_.push_back({*std::move(address), {}, std::nullopt});
  }
  return absl::OkStatus();
}

absl::Status Server::Listen() {
  std::map<std::string, base::UniqueFd> locks;
  if (absl::Status status = LockFolders(locks); !status.ok()) return status;
  for (Listener& listener : listeners_) {
    absl::StatusOr<base::UniqueFd> socket = Open(listener);
    if (!socket.ok()) return socket.status();
    listener.socket = *std::move(socket);
    addresses_.push_back(listener.address.ToString());
  }
  return Build();
}

absl::StatusOr<base::UniqueFd> Server::Open(Listener& listener) {
  if (listener.address.kind == ListenAddress::Kind::kTcp) return ListenTcp(listener.address);
  absl::StatusOr<SocketFile> file = SocketFile::Prepare(listener.address.path);
  if (!file.ok()) return file.status();
  listener.file = *std::move(file);
  return listener.file->Listen();
}

absl::Status Server::LockFolders(std::map<std::string, base::UniqueFd>& locks) const {
  for (const Listener& listener : listeners_) {
    if (listener.address.kind != ListenAddress::Kind::kUnix) continue;
    const std::string folder = FolderOf(listener.address.path);
    if (absl::Status status = MakeFolder(folder); !status.ok()) return status;
    std::error_code error;
    const std::string real = std::filesystem::canonical(folder, error).string();
    if (locks.contains(real)) continue;
    absl::StatusOr<base::UniqueFd> lock = LockFolder(folder);
    if (!lock.ok()) return lock.status();
    locks.emplace(real, *std::move(lock));
  }
  return absl::OkStatus();
}

absl::Status Server::Build() {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  SetLimits(builder);
  entrance_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  builder.RegisterService(&publisher_.grpc_service());
  builder.RegisterService(&subscriber_.grpc_service());
  builder.RegisterService(&topology_.grpc_service());
  builder.RegisterService(&status_.grpc_service());
  builder.RegisterService(&health_.grpc_service());
  for (int i = 0; i < ThreadCount(config_.threads); ++i) {
    workers_.push_back(std::make_unique<Worker>(builder.AddCompletionQueue()));
  }
  server_ = builder.BuildAndStart();
  return server_ != nullptr ? absl::OkStatus() : absl::InternalError("gRPC does not start");
}

void Server::SetLimits(grpc::ServerBuilder& builder) const {
  builder.SetMaxReceiveMessageSize(
      ToInt(std::max(config_.max_message_bytes + kRoomForProperties, kLeastReceive)));
  // What the broker delivers is passed on, whatever its size: the bound is the client's.
  builder.SetMaxSendMessageSize(-1);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             ToInt(config_.max_concurrent_streams));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, ToInt(config_.keepalive_time.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             ToInt(config_.keepalive_timeout.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // What a call may send before it is read: a fixed window. Left to gRPC's estimate of the
  // bandwidth it grows, and holds what a slowed stream has sent, out of the sidecar's bounds.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kUnreadBytes);
  // Accounts of every call, for a service that is not here.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             ToInt(config_.min_ping_interval.count()));
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  grpc::ResourceQuota quota("sidecar");
  quota.SetMaxThreads(kMaxSyncThreads);
  builder.SetResourceQuota(quota);
}

absl::Status Server::Serve() {
  for (const std::unique_ptr<Worker>& worker : workers_) {
    publisher_.Arm(*worker);
    subscriber_.Arm(*worker);
    topology_.Arm(*worker);
    status_.Arm(*worker);
    health_.Arm(*worker);
    worker->Start();
  }
  std::vector<base::UniqueFd> sockets;
  for (Listener& listener : listeners_) sockets.push_back(std::move(listener.socket));
  acceptor_.emplace(std::move(sockets), [this](int listener, base::UniqueFd connection) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.listener_fd = listener;
    parameters.fd = connection.Release();
    entrance_->HandleNewConnection(&parameters);
  });
  return acceptor_->Start();
}

void Server::Update(const broker::Snapshot& snapshot) {
  health_.Set(HealthOf(snapshot));
  status_.Update(snapshot);
}

void Server::BeginDrain() { health_.Close(); }

void Server::Shutdown(base::TimePoint deadline) {
  acceptor_.reset();
  for (const auto& worker : workers_) worker->EndDrained();
  // A client that is in the middle of writing reads its stream's end only if the connection lasts a
  // little longer.
  std::this_thread::sleep_until(std::min(deadline, std::chrono::steady_clock::now() + kLastWords));
  // Cuts off at the deadline what has not ended; a call that still waits for the broker layer then
  // goes with its worker.
  if (server_ != nullptr) server_->Shutdown(ToWall(deadline));
  for (const auto& worker : workers_) worker->Stop();
  workers_.clear();
  server_.reset();
  entrance_.reset();
  for (Listener& listener : listeners_) {
    if (listener.file) listener.file->Remove();
    listener.file.reset();
    listener.socket.Reset();
  }
}

}  // namespace amqp_sidecar::rpc

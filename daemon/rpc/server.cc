#include "rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/resource_quota.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rpc/grpc_log.h"
#include "rpc/tcp_probe.h"

namespace amqp_sidecar::rpc {
namespace {

// What a message may be longer than its body: names, properties, headers.
constexpr size_t kRoomForProperties = 1u << 20;
constexpr mode_t kUmask = 0117;  // sockets are born 0660
// gRPC serves reflection, and says UNIMPLEMENTED, on threads of its own: at most this many.
constexpr int kMaxSyncThreads = 8;

// The umask of the process, for as long as this lives.
class ScopedUmask {
 public:
  explicit ScopedUmask(mode_t mask) : previous_(::umask(mask)) {}
  ~ScopedUmask() { ::umask(previous_); }
  ScopedUmask(const ScopedUmask&) = delete;
  ScopedUmask& operator=(const ScopedUmask&) = delete;

 private:
  const mode_t previous_;
};

int ThreadCount(int configured) {
  if (configured > 0) return configured;
  return std::max(2, static_cast<int>(std::thread::hardware_concurrency()));
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

Server::Server(broker::Broker& broker, ServerConfig config)
    : config_(std::move(config)), publisher_(broker), subscriber_(broker), topology_(broker) {}

Server::~Server() { Shutdown(std::chrono::steady_clock::now()); }

absl::Status Server::Start() {
  RouteGrpcLog();
  if (absl::Status status = ParseAddresses(); !status.ok()) return status;
  if (absl::Status status = Listen(); !status.ok()) {
    Shutdown(std::chrono::steady_clock::now());
    return status;
  }
  Serve();
  return absl::OkStatus();
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
    listeners_.push_back({*std::move(address), 0, std::nullopt});
  }
  return absl::OkStatus();
}

absl::Status Server::Listen() {
  std::map<std::string, base::UniqueFd> locks;
  if (absl::Status status = LockFolders(locks); !status.ok()) return status;
  for (Listener& listener : listeners_) {
    if (listener.address.kind == ListenAddress::Kind::kTcp) {
      if (absl::Status status = CheckTcpFree(listener.address); !status.ok()) return status;
      continue;
    }
    absl::StatusOr<SocketFile> file = SocketFile::Prepare(listener.address.path);
    if (!file.ok()) return file.status();
    listener.file = *std::move(file);
  }
  if (absl::Status status = Build(); !status.ok()) return status;
  for (Listener& listener : listeners_) {
    if (listener.file) {
      if (absl::Status status = listener.file->Reveal(); !status.ok()) return status;
    } else {
      listener.address.port = static_cast<uint16_t>(listener.selected_port);
    }
    addresses_.push_back(listener.address.ToString());
  }
  return absl::OkStatus();
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
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  SetLimits(builder);
  for (Listener& listener : listeners_) {
    const std::string target = listener.file ? absl::StrCat("unix:", listener.file->bind_path())
                                             : listener.address.ToString();
    builder.AddListeningPort(target, grpc::InsecureServerCredentials(), &listener.selected_port);
  }
  builder.RegisterService(&publisher_.grpc_service());
  builder.RegisterService(&subscriber_.grpc_service());
  builder.RegisterService(&topology_.grpc_service());
  for (int i = 0; i < ThreadCount(config_.threads); ++i) {
    workers_.push_back(std::make_unique<Worker>(builder.AddCompletionQueue()));
  }
  const ScopedUmask umask(kUmask);
  server_ = builder.BuildAndStart();
  if (server_ != nullptr) return absl::OkStatus();
  std::string names;
  for (const Listener& listener : listeners_)
    absl::StrAppend(&names, " ", listener.address.ToString());
  return absl::FailedPreconditionError(absl::StrCat("cannot listen on", names));
}

void Server::SetLimits(grpc::ServerBuilder& builder) const {
  builder.SetMaxReceiveMessageSize(ToInt(config_.max_message_bytes + kRoomForProperties));
  // What the broker delivers is passed on, whatever its size: the bound is the client's.
  builder.SetMaxSendMessageSize(-1);
  // Without this a second sidecar would share the port, and half of the calls, in silence.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             ToInt(config_.max_concurrent_streams));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, ToInt(config_.keepalive_time.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             ToInt(config_.keepalive_timeout.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             ToInt(config_.min_ping_interval.count()));
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  grpc::ResourceQuota quota("sidecar");
  quota.SetMaxThreads(kMaxSyncThreads);
  builder.SetResourceQuota(quota);
}

void Server::Serve() {
  for (const std::unique_ptr<Worker>& worker : workers_) {
    publisher_.Arm(*worker);
    subscriber_.Arm(*worker);
    topology_.Arm(*worker);
    worker->Start();
  }
  const base::MutexLock lock(&health_mutex_);
  health_service_ = server_->GetHealthCheckService();
  health_mailbox_ = workers_.front()->mailbox();
  TellHealth();
}

void Server::UpdateHealth(const broker::Snapshot& snapshot) {
  const Health health = HealthOf(snapshot);
  const base::MutexLock lock(&health_mutex_);
  if (health == health_) return;
  health_ = health;
  TellHealth();
}

void Server::BeginDrain() {
  const base::MutexLock lock(&health_mutex_);
  draining_ = true;
  TellHealth();
}

void Server::TellHealth() {
  if (health_mailbox_ == nullptr) return;
  const Health health = draining_ ? Health{} : health_;
  // Telling the watchers writes to their sockets: not on the caller's thread.
  health_mailbox_->Post([service = health_service_, health] {
    service->SetServingStatus(kPublisherServiceName, health.publisher);
    service->SetServingStatus(kSubscriberServiceName, health.subscriber);
  });
}

void Server::Shutdown(base::TimePoint deadline) {
  {
    const base::MutexLock lock(&health_mutex_);
    health_mailbox_ = nullptr;
  }
  // Cuts off at the deadline what has not ended; a call that still waits for the broker layer then
  // goes with its worker.
  if (server_ != nullptr) server_->Shutdown(ToWall(deadline));
  for (const auto& worker : workers_) worker->Stop();
  workers_.clear();
  server_.reset();
  for (Listener& listener : listeners_) {
    if (listener.file) listener.file->Remove();
    listener.file.reset();
  }
}

}  // namespace amqp_sidecar::rpc

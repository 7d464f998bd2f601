#include "bench/world.h"

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "support/rabbitmq_node.h"
#include "support/temp_dir.h"

namespace amqp_sidecar::bench {

class World::OwnNode {
 public:
  OwnNode() : node_(test::RabbitmqNode::Start(Folder())) {}
  ~OwnNode() {
    try {
      node_.Stop();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "bench: %s\n", error.what());
    }
  }
  OwnNode(const OwnNode&) = delete;
  OwnNode& operator=(const OwnNode&) = delete;

  std::string uri() const { return node_.uri(); }
  pid_t pid() const { return std::stoi(test::ReadFile(Folder() + "/beam.pid")); }

 private:
  std::string Folder() const { return dir_.File("rabbitmq"); }

  test::TempDir dir_;
  test::RabbitmqNode node_;
};

World::World() {
  if (const char* given = std::getenv("AMQP_URI")) {
    uri_ = given;
  } else {
    node_ = std::make_unique<OwnNode>();
    uri_ = node_->uri();
    broker_.emplace(node_->pid());
  }
  test::SidecarOptions options;
  options.uri = uri_;
  sidecar_ = std::make_unique<test::SidecarProcess>(options);
  sidecar_->WaitReady();
  daemon_.emplace(sidecar_->pid());
  idle_bytes_ = daemon_->ResidentBytes();
  // Of what runs, not of what lies there: a build may replace the file meanwhile.
  const std::string image = "/proc/" + std::to_string(sidecar_->pid()) + "/exe";
  daemon_digest_ = test::Run({"sha256sum", image}).out.substr(0, 12);
  queues_ = std::make_unique<Queues>(uri_);
}

World::~World() = default;

std::string World::AddressOf(Path path) const {
  return path == Path::kDirect ? uri_ : sidecar_->target();
}

}  // namespace amqp_sidecar::bench

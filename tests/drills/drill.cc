#include "drills/drill.h"

#include <cstdlib>
#include <iostream>

namespace amqp_sidecar::test {

bool LongForm() {
  const char* form = std::getenv("SIDECAR_DRILLS");
  return form != nullptr && std::string(form) == "long";
}

Figures::Figures(const std::string& row) {
  line_ << "figure: row=" << row << " form=" << (LongForm() ? "long" : "short");
}

Figures::~Figures() { std::cout << line_.str() << std::endl; }

namespace {

Direct::Arguments With(Direct::Arguments arguments, const Direct::Arguments& more) {
  arguments.insert(more.begin(), more.end());
  return arguments;
}

}  // namespace

Drill::Drill(const std::string& row, DrillOptions options)
    : node(options.nodes.empty() ? RabbitmqNode::Drilled() : options.nodes.front()),
      names(node),
      classic(names.Queue(options.queue)),
      // RabbitMQ 4 drops what was redelivered twenty times, unless it is told otherwise.
      quorum(names.Queue(With(
          {{"x-queue-type", "quorum"}, {"x-delivery-limit", int64_t{1'000'000}}}, options.queue))),
      sidecar_options(std::move(options.sidecar)),
      checker(UniqueName("m")),
      figures(row) {
  if (options.proxied) {
    proxy = std::make_unique<FaultProxy>(node.port());
    sidecar_options.uri = proxy->uri();
  }
  if (sidecar_options.uri.empty()) sidecar_options.uri = node.uri();
  for (size_t i = 1; i < options.nodes.size(); ++i) {
    sidecar_options.more_uris.push_back(options.nodes[i].uri());
  }
  sidecar_options.socket = dir_.File("sidecar.sock");
  StartSidecar();
}

Verdict CheckSets(Figures& figures, const Checker& checker, uint64_t duplicates_allowed) {
  const Verdict verdict = checker.Judge();
  std::ostringstream sets;
  sets << verdict;
  figures.Add(sets.str());
  INFO(verdict);
  CHECK(verdict.lost == 0);
  CHECK(verdict.lied == 0);
  CHECK(verdict.invented == 0);
  CHECK(verdict.damaged == 0);
  CHECK(verdict.unanswered == 0);
  CHECK(verdict.duplicates <= duplicates_allowed);
  return verdict;
}

void Drill::StartSidecar() {
  sidecar.reset();
  sidecar = std::make_unique<SidecarProcess>(sidecar_options);
  sidecar->WaitReady();
}

void Drill::StartLoad(LoadOptions options) {
  if (options.queues.empty()) options.queues = {classic, quorum};
  load = std::make_unique<Load>(sidecar->target(), checker, options);
}

Verdict Drill::End(size_t faults) {
  CHECK(load->Finish());
  // What a subscription that ended held, the broker requeues a little later: nothing is held here.
  for (const std::string& queue : {classic, quorum}) {
    INFO(queue);
    CHECK(Eventually(5s, [&] { return Depth(node, queue) == 0; }));
  }
  for (const auto& [reason, count] : load->failures()) {
    figures.Add("failed[" + reason + "]", count);
  }
  figures.Add("messages_per_second", static_cast<int>(load->rate()));
  figures.Add("window", load->Window());
  figures.Add("faults", faults);
  const Verdict verdict = CheckSets(figures, checker, faults * load->Window());
  CHECK(verdict.ok > 0);
  return verdict;
}

Clock::time_point WaitForPort(const RabbitmqNode& node, Millis deadline) {
  if (!Eventually(deadline, [&] { return node.Accepts(); })) {
    throw std::runtime_error("the node's port stays closed");
  }
  return Clock::now();
}

Clock::time_point Restart(const RabbitmqNode& node, const std::function<void()>& end) {
  OnExit back([&] { node.Resume(); });
  end();
  // A process that was killed holds its sockets for a moment longer than it answers for itself.
  if (!Eventually(5s, [&] { return !node.Accepts(); })) {
    throw std::runtime_error("the node's port stays open");
  }
  auto open = InBackground([&] { return WaitForPort(node); });
  back.Now();
  return open.get();
}

void Fill(Drill& drill, const std::string& queue, size_t count, size_t body_bytes) {
  const std::vector<pb::PublishRequest> requests(
      count, JsonMessage("", queue, "\"" + std::string(body_bytes, 'x') + "\""));
  Client client(drill.sidecar->target());
  for (const Outcome& outcome : client.PublishAll(requests, 100)) {
    if (!outcome.ok()) throw std::runtime_error("cannot fill the queue: " + outcome.text);
  }
}

uint32_t Depth(const RabbitmqNode& node, const std::string& queue) {
  return Direct(node.port()).Ready(queue);
}

}  // namespace amqp_sidecar::test

#include "rpc/command_client.h"

#include <sstream>
#include <string>

#include "server_fixture.h"
#include "shared_text.h"
#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

PublishCommand OrderTo(const std::string& address) {
  PublishCommand command;
  command.address = address;
  command.exchange = "orders";
  command.routing_key = "order.created";
  command.body = "{}";
  return command;
}

SubscribeCommand BillingAt(const std::string& address) {
  SubscribeCommand command;
  command.address = address;
  command.queue = "billing";
  return command;
}

TEST_CASE("a publish that fails tells its reason and what is left of it") {
  ServerFixture fixture;
  PublishCommand command = OrderTo(fixture.Start().addresses().front());
  command.timeout = seconds(2);
  std::ostringstream out;
  std::ostringstream err;
  CHECK(RunPublish(command, out, err) == 1);
  CHECK(out.str().empty());
  CHECK(err.str().starts_with("BROKER_UNAVAILABLE: "));
  CHECK(err.str().ends_with("(persisted: NO)\n"));
}

TEST_CASE("a command without a sidecar says so at once") {
  const TempFolder folder;
  const std::string address = "unix://" + folder / "none.sock";
  const std::atomic<bool> stop = false;
  std::ostringstream out;
  std::ostringstream err;
  const auto begin = std::chrono::steady_clock::now();
  CHECK(RunPublish(OrderTo(address), out, err) == 1);
  CHECK(RunSubscribe(BillingAt(address), stop, out, err) == 1);
  RedriveCommand redrive;
  redrive.address = address;
  redrive.rule.from = "billing.dead";
  CHECK(RunRedrive(redrive, stop, out, err) == 1);
  CHECK(std::chrono::steady_clock::now() - begin < seconds(4));
  CHECK(err.str() == "UNAVAILABLE: no sidecar answers at " + address + " (persisted: NO)\n" +
                         "UNAVAILABLE: no sidecar answers at " + address + "\n" +
                         "UNAVAILABLE: no sidecar answers at " + address + "\n");
}

TEST_CASE("a subscription tells its events and ends when it is told to stop") {
  ServerFixture fixture;
  const SubscribeCommand command = BillingAt(fixture.Start().addresses().front());
  std::atomic<bool> stop = false;
  std::ostringstream out;
  SharedText told;
  std::ostream err(&told);
  int code = -1;
  std::thread runner([&] { code = RunSubscribe(command, stop, out, err); });
  CHECK(Eventually(seconds(10), [&] { return told.Contains("INTERRUPTED"); }));
  CHECK(fixture.broker().snapshot()->subscriptions.size() == 1);
  stop = true;
  runner.join();
  CHECK(code == 0);
  CHECK(
      Eventually(seconds(10), [&] { return fixture.broker().snapshot()->subscriptions.empty(); }));
}

TEST_CASE("a subscription that the sidecar refuses or ends fails with the reason") {
  ServerFixture fixture;
  SubscribeCommand command = BillingAt(fixture.Start().addresses().front());
  const std::atomic<bool> stop = false;
  std::ostringstream out;
  std::ostringstream err;
  command.queue = "";
  CHECK(RunSubscribe(command, stop, out, err) == 1);
  CHECK_THAT(err.str(), Catch::Matchers::StartsWith("INVALID_SUBSCRIPTION: queue is not set"));
}

TEST_CASE("looking at more than the prefetch holds is refused") {
  SubscribeCommand command = BillingAt("unix:///nowhere");
  command.no_ack = true;
  command.prefetch = 5;
  command.count = 6;
  const std::atomic<bool> stop = false;
  std::ostringstream out;
  std::ostringstream err;
  CHECK(RunSubscribe(command, stop, out, err) == 64);
}

}  // namespace
}  // namespace amqp_sidecar::rpc

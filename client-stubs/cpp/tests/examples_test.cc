// The programs of ../examples, as they are.
#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "seen.h"
#include "support/catch.h"
#include "support/subprocess.h"
#include "world.h"

namespace amqp_sidecar::test {
namespace {

std::vector<std::string> Example(const std::string& name) {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  return {self.parent_path() / ("client_cpp_" + name)};
}

}  // namespace

TEST_CASE("the examples do what they say") {
  const std::vector<std::string> environment = {"AMQP_SIDECAR_ADDR=" + SharedAddress()};
  Client client = NewClient();
  client.DeleteQueue("billing");
  client.DeleteQueue("billing.dead");
  client.DeleteExchange("orders");
  client.DeleteExchange("orders.dead");

  RunResult result = Run(Example("publish"), environment);
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, ContainsSubstring("EXCHANGE_NOT_FOUND (NOT_FOUND)"));
  result = Run(Example("topology"), environment);
  INFO(result.output());
  CHECK(result.exit_code == 0);
  result = Run(Example("publish"), environment);
  CHECK(result.exit_code == 0);
  CHECK(result.out.size() == 37);
  result = Run(Example("bulk_publish"), environment);
  CHECK(result.exit_code == 0);
  CHECK(result.out == "1000 confirmed\n");

  client.Publish("orders", "order.created", R"({"total": 9.5})");
  Subprocess worker(Example("worker"), environment);
  CHECK(Eventually(kSoon, [&] { return CountOf(client, "billing.dead") == 1; }));
  const auto lines = [&] {
    const std::string out = worker.out();
    return std::count(out.begin(), out.end(), '\n');
  };
  CHECK(Eventually(kSoon, [&] { return lines() == 1001; }));
  worker.Signal(SIGTERM);
  CHECK(worker.Wait(kSoon) == 0);
  CHECK_THAT(worker.err(), ContainsSubstring("an order has no order_id"));
  CHECK(CountOf(client, "billing") == 0);
}

}  // namespace amqp_sidecar::test

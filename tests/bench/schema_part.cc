#include "bench/schema_part.h"

#include "bench/sides_part.h"
#include "support/sidecar_process.h"

namespace amqp_sidecar::bench {

std::string RunSchemaPart(World& world, const RoundOptions& options) {
  test::SidecarOptions with_rule;
  with_rule.uri = world.uri();
  with_rule.more =
      std::string("validation:\n  schema_dir: ") + ORDER_SCHEMAS +
      "\n  assert_format: true\n  rules:\n    - {exchange: \"\", routing_key: " + kSidesQueue +
      ", schema_file: order.json}\n";
  const test::SidecarProcess ruled(with_rule);
  ruled.WaitReady();
  return RunSidesPart(world, options, "schema", "rule",
                      {{.name = "none", .target = world.AddressOf(Path::kUnary)},
                       {.name = "schema", .target = ruled.target()}});
}

}  // namespace amqp_sidecar::bench

// Where a client finds its sidecar.
#include <cstdlib>

#include "seen.h"
#include "support/catch.h"
#include "world.h"

namespace amqp_sidecar::test {
namespace {

bool Reaches(Client client) { return client.Publish("", FreshQueue(client), "{}").routed; }

}  // namespace

TEST_CASE("a client takes a Unix socket by its URI and by its path, and a host and a port") {
  const std::string address = SharedAddress();
  CHECK(Reaches(Client(address)));
  CHECK(Reaches(Client(address.substr(std::string("unix://").size()))));
  const std::string tcp = World::Get().Start(Fresh("tcp"), R"("tcp": true)");
  CHECK(Reaches(Client(World::Get().tcp())));
}

TEST_CASE("a client without an address takes that of AMQP_SIDECAR_ADDR") {
  setenv("AMQP_SIDECAR_ADDR", SharedAddress().c_str(), 1);
  CHECK(Reaches(Client()));
  setenv("AMQP_SIDECAR_ADDR", "nonsense", 1);
  CHECK_THROWS_AS(Client(), Error);
  // The default socket is nobody's here; to name it is no error.
  setenv("AMQP_SIDECAR_ADDR", "", 1);
  CHECK_NOTHROW(Client());
  unsetenv("AMQP_SIDECAR_ADDR");
}

TEST_CASE("an address that is none is refused, and the error says what is accepted") {
  for (const std::string address :
       {"sidecar", "localhost:", ":7672", "localhost:0", "localhost:65536", "localhost:7672x",
        "http://localhost:7672", "unix://relative", "unix:relative", "/", "a b:1", "::1:7672"}) {
    INFO(address);
    const ErrorFields error = ErrorOf([&] { Client client(address); });
    CHECK(error.code == Code::kInvalidArgument);
    CHECK_THAT(error.detail, ContainsSubstring("unix:///PATH, /PATH") &&
                                 ContainsSubstring("HOST:PORT") && ContainsSubstring(address));
  }
  CHECK_THROWS_AS(Client("/" + std::string(107, 'x')), Error);
  CHECK_NOTHROW(Client("[::1]:7672"));
}

}  // namespace amqp_sidecar::test

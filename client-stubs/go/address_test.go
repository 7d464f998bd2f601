package amqpsidecar

import (
	"strings"
	"testing"
)

func TestAnAddressIsASocketAPathOrAHostWithAPort(t *testing.T) {
	for address, want := range map[string]string{
		"unix:///run/a.sock": "unix:///run/a.sock",
		"/run/a.sock":        "unix:///run/a.sock",
		"127.0.0.1:7672":     "passthrough:///127.0.0.1:7672",
		"[::1]:7672":         "passthrough:///[::1]:7672",
		"sidecar.local:1":    "passthrough:///sidecar.local:1",
	} {
		if got, err := target(address); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", address, got, err, want)
		}
	}
}

func TestABadAddressSaysWhatIsAccepted(t *testing.T) {
	for _, address := range []string{"unix://relative", "unix:///", "/", "host", "host:", ":7672", "host:port",
		"host:70000", "host:0", "http://host:1", "::1:7672", " "} {
		_, err := Connect(address)
		if err == nil || !strings.Contains(err.Error(), "use unix:///path/of/socket, /path/of/socket or host:port") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestWithoutAnAddressTheEnvironmentSaysElseTheDefault(t *testing.T) {
	t.Setenv(AddressEnv, "")
	if got, err := target(""); err != nil || got != DefaultAddress {
		t.Errorf("got %s, %v", got, err)
	}
	t.Setenv(AddressEnv, "host:1")
	if got, err := target(""); err != nil || got != "passthrough:///host:1" {
		t.Errorf("got %s, %v", got, err)
	}
}

package amqpsidecar

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// AddressEnv is the environment variable that Connect reads where it is given no address.
const AddressEnv = "AMQP_SIDECAR_ADDR"

// DefaultAddress is where the sidecar listens unless it is configured otherwise.
const DefaultAddress = "unix:///run/amqp-sidecar/sidecar.sock"

// target makes a gRPC target of an address, or of the environment's where it is empty.
func target(address string) (string, error) {
	if address == "" {
		address = os.Getenv(AddressEnv)
	}
	if address == "" {
		address = DefaultAddress
	}
	path := strings.TrimPrefix(address, "unix://")
	if strings.HasPrefix(path, "/") && len(path) > 1 {
		return "unix://" + path, nil
	}
	host, port, err := net.SplitHostPort(address)
	if err == nil && host != "" && !strings.Contains(host, "/") {
		if number, bad := strconv.ParseUint(port, 10, 16); bad == nil && number > 0 {
			return "passthrough:///" + address, nil
		}
	}
	return "", fmt.Errorf("amqpsidecar: %q is no address of a sidecar: use unix:///path/of/socket, "+
		"/path/of/socket or host:port", address)
}

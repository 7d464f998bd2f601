package tests

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	amqpsidecar "amqp-sidecar.dev/client"
)

// buildExamples makes the four programs, in a folder of the test's.
func buildExamples(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	build := exec.Command("go", "build", "-o", folder+string(filepath.Separator), "./examples/...")
	build.Dir = ".."
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return folder
}

func TestTheExamplesDoWhatTheySay(t *testing.T) {
	t.Parallel()
	folder := buildExamples(t)
	s := startSidecar(t, nil)
	client := connect(t, s)
	cleanly(t, func(ctx context.Context, c *amqpsidecar.Client) {
		for _, queue := range []string{"billing", "billing.dead"} {
			_, _ = c.DeleteQueue(ctx, queue)
		}
		for _, exchange := range []string{"orders", "orders.dead"} {
			_ = c.DeleteExchange(ctx, exchange)
		}
	})
	command := func(name string) *exec.Cmd {
		made := exec.Command(filepath.Join(folder, name))
		made.Env = append(os.Environ(), amqpsidecar.AddressEnv+"="+s.address)
		return made
	}
	run := func(name string) string {
		t.Helper()
		output, err := command(name).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", name, err, output)
		}
		return strings.TrimSpace(string(output))
	}
	if got := run("topology"); got != "declared [billing billing.dead]" {
		t.Errorf("topology says %q", got)
	}
	if got := run("publish"); len(got) != 36 {
		t.Errorf("publish says %q", got)
	}
	if got := run("bulk_publish"); got != "1000 confirmed" {
		t.Errorf("bulk_publish says %q", got)
	}
	mustPublish(t, client, "orders", "order.created", map[string]string{"no": "order_id"})

	worker := command("worker")
	var output, errors lines
	worker.Stdout, worker.Stderr = &output, &errors
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = worker.Process.Kill() }()
	eventually(t, "the bad order is rejected", func() bool { return depth(t, client, "billing.dead") == 1 })
	eventually(t, "all orders are handled", func() bool { return strings.Count(output.String(), "order ") == 1001 })
	if err := worker.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := worker.Wait(); err != nil {
		t.Errorf("worker: %v: %s", err, errors.String())
	}
	if !strings.Contains(output.String(), "order 1000\n") || depth(t, client, "billing") != 0 {
		t.Errorf("%d are left", depth(t, client, "billing"))
	}
}

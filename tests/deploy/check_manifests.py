#!/usr/bin/env python3
"""What deploy/ hands to Kubernetes and Compose is what they take, and fits together.

Against the schemas of Kubernetes (oldest and newest version, no unknown fields) and of Compose, out
of two wheels that pip fetches by digest; then what no schema says: names that meet, a configuration
that is good, probes, a pod that the restricted policy admits, times in their order.

Usage: check_manifests.py ROOT AMQP_SIDECAR FOLDER    (FOLDER keeps the wheels)
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import jsonschema
import yaml

HERE = pathlib.Path(__file__).resolve().parent
VERSIONS = ["1.29.0", "1.37.0"]
K8S = "kubernetes_validate/kubernetes-json-schema/v{}-local-strict/"
COMPOSE = "check_jsonschema/builtin_schemas/vendor/compose-spec.json"

faults = []


def expect(ok, what):
    if not ok:
        faults.append(what)


def fetch(folder):
    folder.mkdir(parents=True, exist_ok=True)
    stamp, wanted = folder / "stamp", (HERE / "requirements.txt").read_text()
    if not stamp.is_file() or stamp.read_text() != wanted:
        for old in folder.iterdir():
            old.unlink()
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet",
                   "--no-deps", "--only-binary", ":all:", "--require-hashes", "--retries", "2",
                   "--progress-bar", "off", "--requirement", str(HERE / "requirements.txt"),
                   "--dest", str(folder)]
        if subprocess.run(command, check=False).returncode != 0:
            sys.exit("check_manifests.py: pip could not fetch the schemas (above is why). They are "
                     "needed once: run this again where Python packages can be fetched.")
        stamp.write_text(wanted)
    return {path.name.partition("-")[0]: zipfile.ZipFile(path) for path in folder.glob("*.whl")}


class InFolder(jsonschema.RefResolver):
    """What a schema refers to is beside it, wherever its name says that it is."""

    def __init__(self, wheel, folder, schema):
        super().__init__("", schema)
        self.read = lambda name: json.loads(wheel.read(folder + name))

    def resolve_remote(self, uri):
        return self.read(uri.rpartition("/")[2])


def against_schemas(documents, wheel):
    for version in VERSIONS:
        folder = K8S.format(version)
        for document in documents:
            group, _, api = document["apiVersion"].rpartition("/")
            name = "-".join(filter(None, [document["kind"].lower(), group, api])) + ".json"
            schema = json.loads(wheel.read(folder + name))
            resolver = InFolder(wheel, folder, schema)
            for error in jsonschema.Draft7Validator(schema, resolver=resolver).iter_errors(document):
                where = "/".join(map(str, error.absolute_path))
                faults.append(f"Kubernetes {version}: {document['kind']}: {where}: {error.message}")


def good_config(binary, text, where):
    """Files that the pod mounts are not here."""
    config = yaml.safe_load(text)
    config.get("amqp", {}).pop("password_file", None)
    uris = config["amqp"]["uris"]
    config["amqp"]["uris"] = [u if ":" in u.split("@")[0][7:] else u.replace("@", ":x@", 1)
                              for u in uris]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(config, file)
        file.flush()
        done = subprocess.run([binary, "check-config", "--config", file.name], env={},
                              capture_output=True, text=True, timeout=30, check=False)
    expect(done.returncode == 0, f"{where}: {done.stderr.strip()}")
    return config


def seconds(text):
    return float(text.rstrip("s"))


def restricted(container, pod):
    """What the restricted Pod Security Standard asks for, and a root that is read-only."""
    context, name = container.get("securityContext", {}), container["name"]
    expect(context.get("allowPrivilegeEscalation") is False, f"{name}: may escalate")
    expect(context.get("readOnlyRootFilesystem") is True, f"{name}: a root that can be written")
    expect(context.get("capabilities", {}).get("drop") == ["ALL"], f"{name}: keeps capabilities")
    expect(context.get("runAsUser", 0) > 0, f"{name}: runs as root")
    expect(pod["securityContext"].get("runAsNonRoot") is True, "the pod may run as root")
    expect(pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault", "no seccomp")
    expect("requests" in container.get("resources", {}), f"{name}: asks for no resources")


def mount_of(container, volume):
    return next((m for m in container["volumeMounts"] if m["name"] == volume), None)


def check_kubernetes(root, binary, wheel):
    documents = list(yaml.safe_load_all(
        (root / "deploy/kubernetes/service-with-sidecar.yaml").read_text()))
    against_schemas(documents, wheel)
    by_kind = {document["kind"]: document for document in documents}
    config = good_config(binary, by_kind["ConfigMap"]["data"]["config.yaml"], "kubernetes")
    pod = by_kind["Deployment"]["spec"]["template"]["spec"]
    sidecar, service = pod["initContainers"][0], pod["containers"][0]
    for container in (sidecar, service):
        restricted(container, pod)
    expect(sidecar["restartPolicy"] == "Always", "the sidecar is not a native one")
    expect("lifecycle" not in sidecar, "a preStop of a native sidecar runs before its turn")
    for probe, path in [("startupProbe", "/healthz"), ("readinessProbe", "/readyz"),
                        ("livenessProbe", "/healthz")]:
        expect(sidecar[probe]["httpGet"] == {"path": path, "port": "admin"}, probe)
    port = sidecar["ports"][0]
    expect(config["admin"]["listen"] == f"0.0.0.0:{port['containerPort']}", "the admin port")
    expect(mount_of(sidecar, "socket") == mount_of(service, "socket"), "not one socket volume")
    socket = mount_of(service, "socket")["mountPath"] + "/sidecar.sock"
    expect(service["env"][0]["value"] == "unix://" + socket, "the service's address")
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    expect(volumes["socket"] == {"name": "socket", "emptyDir": {}}, "the socket's volume")
    for name, reference in [("config", volumes["config"]["configMap"]["name"]),
                            ("password", volumes["password"]["secret"]["secretName"])]:
        kind = {"config": "ConfigMap", "password": "Secret"}[name]
        expect(reference == by_kind[kind]["metadata"]["name"], f"the {kind}'s name")
    # A mount inside of another that is read-only has no place to be.
    paths = [mount["mountPath"] for mount in sidecar["volumeMounts"]]
    expect(not any(a != b and a.startswith(b + "/") for a in paths for b in paths), "nested mounts")
    password = yaml.safe_load(by_kind["ConfigMap"]["data"]["config.yaml"])["amqp"]["password_file"]
    expect(password == mount_of(sidecar, "password")["mountPath"] + "/password", "password_file")
    expect("password" in by_kind["Secret"]["stringData"], "the password's key")
    expect(pod["terminationGracePeriodSeconds"] > seconds(config["drain_timeout"]) + 5,
           "the pod's end leaves no time to drain")
    labels = by_kind["Deployment"]["spec"]["template"]["metadata"]["labels"]
    expect(by_kind["Deployment"]["spec"]["selector"]["matchLabels"] == labels, "the labels")
    return len(documents)


def check_compose(root, binary, wheel):
    path = root / "deploy/compose.yaml"
    compose = yaml.safe_load(path.read_text())
    for error in jsonschema.Draft7Validator(json.loads(wheel.read(COMPOSE))).iter_errors(compose):
        faults.append(f"compose: {'/'.join(map(str, error.absolute_path))}: {error.message}")
    services = compose["services"]
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            there = (path.parent / source).is_file() if "/" in source else source in compose["volumes"]
            expect(there, f"{name}: no volume {source}")
        build = service.get("build")
        if build:
            context = (path.parent / build["context"]).resolve()
            expect(context == root.resolve(), f"{name}: builds from {context}")
            expect((context / build["dockerfile"]).is_file(), f"{name}: no {build['dockerfile']}")
            expect(service.get("read_only") is True, f"{name}: a root that can be written")
        for other in service.get("depends_on", {}):
            expect("healthcheck" in services[other], f"{name} waits for {other}, which has no check")
    sidecar = services["sidecar"]
    expect(services["rabbitmq"]["environment"]["RABBITMQ_DEFAULT_USER"] == "demo", "the user")
    config = good_config(binary, (path.parent / "demo/sidecar.yaml").read_text(), "compose")
    expect(config["amqp"]["uris"] == ["amqp://demo:demo@rabbitmq/"], "the URI")
    expect(seconds(sidecar["stop_grace_period"]) > 15, "the stop leaves no time to drain")
    # What it is started and asked with are verbs that it has.
    text = subprocess.run([binary, "--help"], capture_output=True, text=True, timeout=30, check=True)
    for words in (sidecar["command"], sidecar["healthcheck"]["test"][2:]):
        expect(f"\n  {words[0]} " in text.stdout, f"compose: amqp-sidecar has no verb {words[0]}")
    return len(services)


def main():
    root, binary, folder = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    wheels = fetch(folder)
    objects = check_kubernetes(root, binary, wheels["kubernetes_validate"])
    services = check_compose(root, binary, wheels["check_jsonschema"])
    for fault in faults:
        print(fault)
    print(f"{objects} objects for Kubernetes, {services} services for Compose, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

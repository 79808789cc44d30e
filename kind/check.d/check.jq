# Findings, one a line, and last what was looked at. Inputs: see kind/check.
($dev[0]) as $dev | ($offline[0]) as $offline | ($prod[0]) as $prod
| ($stack[0].dependencies) as $stack | ($contract[0]) as $contract | ($declared[0]) as $declared
| ($own[0].announcements) as $own

# ---- reading manifests ----
| def workloads: map(select(.kind | IN("Deployment", "StatefulSet", "DaemonSet", "Job")));
def spec: .spec.template.spec;
def all_containers: ((spec.initContainers // []) + spec.containers);
def called($kind; $name): map(select(.kind == $kind and .metadata.name == $name))[0];
def main_of($name): (workloads | map(select(.metadata.name == $name))[0] | spec.containers[0]);
# What a container's environment is, as the kubelet resolves it: envFrom in order, env last.
def data_of($all; $kind; $name): ($all | called($kind; $name)) as $o
    | ($o.data // {}) + ($o.stringData // {});
def environment($all):
    reduce ((.envFrom // [])[]) as $f ({};
        . + (if $f.configMapRef then data_of($all; "ConfigMap"; $f.configMapRef.name)
             else data_of($all; "Secret"; $f.secretRef.name) end))
    + ((.env // []) | map({key: .name, value: (
        if has("value") then .value
        elif .valueFrom.secretKeyRef then
            .valueFrom.secretKeyRef as $r | data_of($all; "Secret"; $r.name)[$r.key]
        elif .valueFrom.configMapKeyRef then
            .valueFrom.configMapKeyRef as $r | data_of($all; "ConfigMap"; $r.name)[$r.key]
        else "(from the Pod)" end)}) | from_entries);
# Where a variable of the container comes from: "secret NAME", "configmap NAME", "literal", null.
def source($all; $variable):
    ([(.env // [])[] | select(.name == $variable)
        | if .valueFrom.secretKeyRef then "secret " + .valueFrom.secretKeyRef.name
          elif .valueFrom.configMapKeyRef then "configmap " + .valueFrom.configMapKeyRef.name
          else "literal" end]
     + [(.envFrom // [])[]
        | if .configMapRef then {kind: "ConfigMap", say: "configmap", name: .configMapRef.name}
          else {kind: "Secret", say: "secret", name: .secretRef.name} end
        | select(data_of($all; .kind; .name) | has($variable)) | .say + " " + .name])[0];
def filled: . != null and . != "";

# ---- dev against dev-stack.json ----
def dependency($d):
    ($dev | workloads | map(select(.metadata.name == $d.name))[0]) as $w
    | if $w == null then "dev: \($d.name): no workload"
      else
        ($dev | main_of($d.name)) as $c
        | (($declared.extra_args[$d.name].args // []) + $d.flags) as $args
        | (($declared.extra_ports[$d.name].ports // []) + $d.ports) as $ports
        | (if $d.name == "plexd" then "plexd:" + $plexd else $d.image_ref end) as $image
        | (if $w.kind != $d.kind then "dev: \($d.name): is a \($w.kind), not a \($d.kind)" else empty end),
          (if $w.spec.replicas != $d.replicas then "dev: \($d.name): \($w.spec.replicas) replicas, not \($d.replicas)" else empty end),
          (if $c.image != $image then "dev: \($d.name): image \($c.image), not \($image)" else empty end),
          (if (($c.args // []) | sort) != ($args | sort) then "dev: \($d.name): args \($c.args // [])" else empty end),
          (if ([($c.ports // [])[].containerPort] | sort) != ($ports | sort) then "dev: \($d.name): ports \([($c.ports // [])[].containerPort])" else empty end),
          (if $d.in_cluster == null then empty else
            ($d.in_cluster | split(":")) as $at
            | ($dev | called("Service"; $at[0])) as $s
            | if $s == null then "dev: \($d.name): no Service \($at[0])"
              elif ([$s.spec.ports[].port] != [$at[1] | tonumber]) or $s.spec.type != "ClusterIP"
              then "dev: \($d.name): Service \($at[0]) is not a ClusterIP at \($at[1])"
              elif $s.spec.selector != $w.spec.selector.matchLabels
              then "dev: \($d.name): Service \($at[0]) selects other Pods" else empty end end),
          (if $d.storage != null and ($d.storage | test("emptyDir"))
              and ([$w | spec.volumes[]? | select(.emptyDir) | .name]
                   - ([$w | spec.volumes[]? | select(.emptyDir) | .name] - [$c.volumeMounts[]?.name])
                   | index("data") == null)
           then "dev: \($d.name): no emptyDir called data" else empty end),
          (if $w.spec.volumeClaimTemplates != null then "dev: \($d.name): claims a volume" else empty end)
      end;
def probes:
    ($dev | main_of("plexsphere")) as $p | ($dev | main_of("plexd")) as $a
    | (if $p.livenessProbe.httpGet.path != "/livez" or $p.readinessProbe.httpGet.path != "/readyz"
       then "dev: plexsphere: probes are not /livez and /readyz" else empty end),
      (if $a.livenessProbe != null or $a.readinessProbe != null or $a.startupProbe != null
       then "dev: plexd: has probes" else empty end),
      (if ($dev | called("Deployment"; "plexd") | .spec.minReadySeconds) != 10
       then "dev: plexd: minReadySeconds is not 10" else empty end);
def named_containers:
    (["plexsphere", "wait-for-migrate"], ["crossplane", "crossplane-init"], ["plexsphere", "dex-localhost-proxy"]) as $n
    | ($dev | workloads | map(select(.metadata.name == $n[0]))[0] | all_containers | map(.name)) as $have
    | if $have | index($n[1]) then empty else "dev: \($n[0]): no container \($n[1])" end;

# ---- images and announcements ----
def pins($where):
    .[] as $w | ($w | all_containers[]) as $c
    | if $c.image | test("^(plexsphere|plexconf-tools):dev$|^plexd:v[0-9]|@sha256:[0-9a-f]{64}$") then empty
      else "\($where): \($w.metadata.name)/\($c.name): image \($c.image) has no digest" end,
    if $c.image | test(":[^@/]+(@|$)") then empty
    else "\($where): \($w.metadata.name)/\($c.name): image \($c.image) has no tag" end;
def announced: ($stack + $own) | map(.name);
def announces($w): [$w | all_containers[] | select((.args // [])[0] == "announce")];
# Each Pod says one line of its own name, first of all; plexsphere's binary says its own in dev mode.
def announcements:
    ($dev | workloads[]) as $w
    | (if $w.metadata.name == "plexd-node" then "plexd" else $w.metadata.name end) as $name
    | announces($w) as $a
    | if $name == "plexsphere" then
        (if ($a | length) != 0 then "dev: plexsphere: announces twice" else empty end),
        (if ($dev | main_of("plexsphere") | environment($dev).PLEXSPHERE_MODE) != "dev"
         then "dev: plexsphere: PLEXSPHERE_MODE is not dev, so it announces nothing" else empty end)
      elif ($a | length) != 1 then "dev: \($w.metadata.name): \($a | length) announcing containers, not 1"
      elif $a[0].args != ["announce", $name] or $a[0].name != "dev-warning" or ($w | spec.initContainers[0].name) != "dev-warning"
      then "dev: \($w.metadata.name): dev-warning does not announce \($name) first"
      elif (announced | index($name)) == null then "dev: \($name): has no sentence"
      else empty end;

# ---- the environment contract ----
def reader($row):
    if $row.reader == "image" then ($dev | main_of($row.component)) else ($dev | main_of("plexsphere")) end;
def expected($row):
    $declared.dev_values[$row.name].value
    // (if $row.dev_value_exact then ($row.dev_value_encoded // $row.dev_value) else null end);
def wired($row):
    reader($row) as $c | ($c | environment($dev)) as $env
    | ($c | source($dev; $row.name)) as $from
    | if $row.source_kind == "unset" then
        (if $env | has($row.name) then "dev: \($row.name): is wired and must not be" else empty end)
      elif ($env[$row.name] | filled | not) then "dev: \($row.name): is not wired"
      else
        (expected($row)) as $want
        | (if $want != null and $env[$row.name] != $want then "dev: \($row.name): has another value than the contract's" else empty end),
          (if $row.source_kind == "secret" and $from != "secret " + $row.source_name then "dev: \($row.name): comes from \($from), not Secret \($row.source_name)" else empty end),
          (if $row.source_kind == "configmap" and $from != "configmap " + $row.source_name then "dev: \($row.name): comes from \($from), not ConfigMap \($row.source_name)" else empty end),
          (if $row.parse == "hex-key" and ($env[$row.name] | test("^(dec0de[0-9]{2}){8}$") | not) then "dev: \($row.name): is no dec0de fixture of 32 bytes" else empty end)
      end;
def unknown_variables:
    (($contract.env + $contract.reference_own) | map(.name)) as $known
    | (($dev, $prod) | . as $all | main_of("plexsphere") | environment($all) | keys[]) as $k
    | if $known | index($k) then empty else "\($k): is wired and not in the catalogue" end;
def same_key_twice:
    ([$dev | main_of("plexsphere") | environment($dev) | to_entries[] | select(.key | endswith("CURSOR_HMAC_KEY")) | .value]) as $v
    | if ($v | length) == ($v | unique | length) then empty else "dev: two cursor keys are the same" end;

# ---- overlays beside each other ----
def without_images: walk(if type == "object" then del(.image) else . end);
def offline_differs:
    if ($dev | without_images) == ($offline | without_images) then empty
    else "offline: differs from dev in more than images" end;
def foreign_images:
    ($offline | workloads[] | all_containers[] | .image) as $i
    | if $i | test("^plexconf/[a-z-]+:offline$|^(plexsphere|plexconf-tools):dev$|^plexd:v") then empty
      else "offline: image \($i) is not built here" end;

# ---- production ----
def absent: $declared.absent_from_production | keys;
def production_stack:
    ($prod | workloads | map(.metadata.name)) as $have
    | ($stack[].name as $n
       | if ($have | index($n)) == null and (absent | index($n)) == null then "prod-reference: \($n): neither rendered nor declared absent"
         elif ($have | index($n)) != null and (absent | index($n)) != null then "prod-reference: \($n): declared absent and rendered" else empty end),
      ($prod | workloads[] | . as $w | announces($w)[]
       | "prod-reference: \($w.metadata.name): announces an insecure default");
def targets: [$prod[] | select(.kind == "ExternalSecret") | .metadata.namespace + "/" + .spec.target.name];
def secret_references:
    ($prod | workloads[]) as $w
    | ($w | [.. | objects | (.secretKeyRef?.name, .secretRef?.name, .secret?.secretName, .secret?.name)] | map(select(. != null)) | unique[]) as $s
    | if targets | index($w.metadata.namespace + "/" + $s) then empty
      else "prod-reference: \($w.metadata.name): Secret \($s) is filled by no ExternalSecret" end;
def external_secrets:
    ($prod[] | select(.kind == "ExternalSecret")) as $e
    | (if $e.metadata.name != $e.spec.target.name + "-sync" then "prod-reference: \($e.metadata.name): is not called as its target and -sync" else empty end),
      (if $e.spec.dataFrom != null then "prod-reference: \($e.metadata.name): dataFrom hides keys" else empty end),
      ($e.spec.data[] | select((.remoteRef.property != "value") or (.remoteRef.key | test("^secret/data/[a-z0-9][a-z0-9._/-]*$") | not))
       | "prod-reference: \($e.metadata.name): \(.secretKey): remoteRef is not secret/data/KEY with property value"),
      (targets as $t | $t | group_by(.)[] | select(length > 1) | "prod-reference: \(.[0]): has two owners"),
      ($prod[] | select(.kind == "Secret") | "prod-reference: Secret \(.metadata.name) is rendered");
def provided($all; $namespace; $secret):
    [$all[] | select(.kind == "ExternalSecret" and .spec.target.name == $secret) | .spec.data[].secretKey];
def production_env:
    ($prod | main_of("plexsphere")) as $c
    | ($c | environment($prod))
      + ([($c.envFrom // [])[] | .secretRef.name // empty | provided($prod; ""; .)[]] | map({key: ., value: "(synced)"}) | from_entries)
      + ([($c.env // [])[] | select(.valueFrom.secretKeyRef) | select(.valueFrom.secretKeyRef as $r | provided($prod; ""; $r.name) | index($r.key)) | {key: .name, value: "(synced)"}] | from_entries);
def obligations:
    production_env as $p | ($dev | main_of("plexsphere") | environment($dev)) as $d
    | ([$contract.env[] | select(.reader == "plexsphere" and .source_kind != "unset") | .name]
       - ["PLEXSPHERE_AUDIT_ALLOW_INSECURE_PEPPER", "PLEXSPHERE_S3_ALLOW_INSECURE_ENDPOINT", "PLEXSPHERE_S3_USE_PATH_STYLE"]) as $needed
    | ($needed[] | . as $n | if $p[$n] | filled then empty else "prod-reference: \($n): is not set" end),
      ($contract.env[] | select(.secret_material and .reader == "plexsphere") | .name as $n
       | if $p[$n] == null or $p[$n] == "(synced)" then empty else "prod-reference: \($n): is a credential and comes from no ExternalSecret" end),
      (if $p.PLEXSPHERE_AUDIT_ALLOW_INSECURE_PEPPER != "" then "prod-reference: PLEXSPHERE_AUDIT_ALLOW_INSECURE_PEPPER: must be there and empty" else empty end),
      (("CSRF_ALLOWED_ORIGINS", "ARTIFACTS_OCI_REGISTRY", "ARTIFACTS_FULCIO_SAN", "ARTIFACTS_OIDC_ISSUER", "BRIDGE_ACME_DIRECTORY_URL",
        "ACTIONS_CALLBACK_BASE_URL", "ACCESS_CALLBACK_BASE_URL", "ACTIONS_OBJECT_STORE_BUCKET") as $n
       | ("PLEXSPHERE_" + $n) as $n
       | if $p[$n] == $d[$n] then "prod-reference: \($n): has the dev value"
         elif ($p[$n] // "") | test("localhost|127\\.0\\.0\\.1|\\.svc|staging|fixture|\\.invalid") then "prod-reference: \($n): names a dev host"
         else empty end),
      (("CLIENT_CERT", "CLIENT_KEY", "SERVER_CA") as $k | ($p["PLEXSPHERE_ACCESS_SIGNER_" + $k] // "") as $path
       | ($prod | workloads | map(select(.metadata.name == "plexsphere"))[0]) as $w
       | [$w | spec.volumes[] | select(.secret) | .name] as $volumes
       | if [$w | spec.containers[0].volumeMounts[] | select(.name | IN($volumes[])) | .mountPath + "/"] | any(. as $m | $path | startswith($m))
         then empty else "prod-reference: PLEXSPHERE_ACCESS_SIGNER_\($k): is no file of a mounted Secret" end),
      (if $p.PLEXSPHERE_ACCESS_CURSOR_HMAC_KEY | filled then empty else "prod-reference: PLEXSPHERE_ACCESS_CURSOR_HMAC_KEY: is not set" end),
      (if $p.PLEXSPHERE_MODE != "production" then "prod-reference: PLEXSPHERE_MODE is not production" else empty end),
      ($prod | tojson | test("dec0de|dev-nsk-wrap-key|ZGV2LW5zay13cmFwLWtleS|do-not-use|dev-postgres-password|dev-only-root-token") | if . then "prod-reference: holds dev key material" else empty end),
      ($prod | workloads[] | . as $w | spec.volumes[]? | select(.emptyDir and .name == "data") | select($w.kind == "StatefulSet") | "prod-reference: \($w.metadata.name): data on an emptyDir");

(if ($stack | length) != 12 then "dev-stack.json: not twelve dependencies" else empty end),
([$contract.env[] | select(.source_kind == "unset") | select(.tables != ["optional"])] | if length != 14 then "env-contract.json: \(length) rows are unset outside the optional table, not 14" else empty end),
dependency($stack[]), probes, named_containers, ($dev | workloads | pins("dev")), announcements,
wired($contract.env[]), unknown_variables, same_key_twice, offline_differs, foreign_images,
production_stack, secret_references, external_secrets, obligations,
"looked at \($dev | workloads | length) workloads, \($contract.env | length) variables, \(targets | length) ExternalSecrets"

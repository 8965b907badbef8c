// Builds Prometheus 3.15.0 (module v0.315.0) and promtool from the Go module. Prometheus' own go.mod has replace and exclude
// lines, which `go install module@version` refuses; repeated here, the programs can be built as dependencies.
module gate.test/stack/prometheus

go 1.26.0

require github.com/prometheus/prometheus v0.315.0

exclude (
	github.com/grpc-ecosystem/grpc-gateway v1.14.7
	github.com/linode/linodego v1.0.0
	google.golang.org/api v0.30.0
)

replace cloud.google.com/go => cloud.google.com/go v0.123.0

// Builds Jaeger v2 from its Go module. Jaeger's own go.mod has a replace line, which `go install module@version` refuses;
// repeated here, the program can be built as a dependency. cmd/jaeger of module v1.76.0 is Jaeger 2.13.0.
module gate.test/stack/jaeger

go 1.24.6

require github.com/jaegertracing/jaeger v1.76.0

replace github.com/Shopify/sarama => github.com/Shopify/sarama v1.33.0

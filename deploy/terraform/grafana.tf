locals {
  grafana    = var.grafana.enabled ? 1 : 0
  dashboards = "${path.module}/../../dashboards/grafana/${var.grafana.profile}"
  traces = merge(
    var.grafana.tempo_url == "" ? {} : { tempo = var.grafana.tempo_url },
    var.grafana.jaeger_url == "" ? {} : { jaeger = var.grafana.jaeger_url },
  )
}

resource "grafana_folder" "gate" {
  count = local.grafana
  title = "Gate"
}

resource "grafana_dashboard" "gate" {
  for_each    = var.grafana.enabled ? fileset(local.dashboards, "*.json") : toset([])
  folder      = grafana_folder.gate[0].uid
  config_json = file("${local.dashboards}/${each.value}")
  overwrite   = true
}

# The dots on the curves lead to the trace of one request, wherever traces are.
resource "grafana_data_source" "prometheus" {
  count = local.grafana
  name  = "Gate's Prometheus"
  uid   = "gate-prometheus"
  type  = "prometheus"
  url   = var.grafana.prometheus_url
  json_data_encoded = jsonencode({
    httpMethod = "POST"
    exemplarTraceIdDestinations = [
      for name, source in grafana_data_source.traces : { name = "trace_id", datasourceUid = source.uid }
    ]
  })
}

resource "grafana_data_source" "traces" {
  for_each = var.grafana.enabled ? local.traces : {}
  name     = "Gate's ${title(each.key)}"
  uid      = "gate-${each.key}"
  type     = each.key
  url      = each.value
  json_data_encoded = jsonencode({
    nodeGraph = { enabled = true }
  })
}

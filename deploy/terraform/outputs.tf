output "address" {
  description = "Where clients in the cluster find Gate."
  value       = "http://${helm_release.gate.name}.${kubernetes_namespace_v1.gate.metadata[0].name}.svc:4000"
}

output "dashboards" {
  description = "Addresses of the dashboards, by file."
  value       = { for file, dashboard in grafana_dashboard.gate : file => dashboard.url }
}

output "address" {
  description = "Where clients in the cluster find Gate."
  value       = "http://${helm_release.gate.name}.${var.namespace}.svc:4000"
}

output "dashboards" {
  description = "Addresses of the dashboards, by file."
  value       = { for file, dashboard in grafana_dashboard.gate : file => dashboard.url }
}

{{- define "gate.name" -}}
{{- ternary .Release.Name (printf "%s-gate" .Release.Name) (contains "gate" .Release.Name) | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "gate.selector" -}}
app.kubernetes.io/name: gate
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "gate.labels" -}}
{{ include "gate.selector" . }}
app.kubernetes.io/part-of: gate
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* The shipped gate.yaml with `config` laid over it, as YAML. */ -}}
{{- define "gate.config" -}}
{{- mergeOverwrite (.Files.Get "files/gate.yaml" | fromYaml) (deepCopy .Values.config) | toYaml }}
{{- end }}

{{- define "gate.otlpEndpoint" -}}
{{- if eq .Values.collector.mode "sidecar" -}} http://127.0.0.1:4318
{{- else if eq .Values.collector.mode "existing" -}} {{ .Values.collector.endpoint }}
{{- end }}
{{- end }}

{{- define "gate.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

"""The API (接口): every verb for programs, under `/api/v1/`, described by OpenAPI 3.1 and generated from the acts."""

// SPDX-License-Identifier: Apache-2.0

// A span is made of ids and contexts, so whoever reads spans sees them.
@_exported public import TraceContext

// SPDX-License-Identifier: Apache-2.0

// The traced types take and return the values of the plain ones, so one import is enough.
@_exported public import StitchKafka

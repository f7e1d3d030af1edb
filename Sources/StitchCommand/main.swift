// SPDX-License-Identifier: Apache-2.0

import Foundation

let status = await StitchCommand.run(Array(CommandLine.arguments.dropFirst()))
exit(status)

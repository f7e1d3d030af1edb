// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The text without the passwords of the addresses in it: `postgres://shop:•••@db/shop`.
    ///
    /// For what repeats the words of whoever called a command in a wrong way.
    var withoutPasswords: String {
        replacing(#/(://[^\s:@/]*):[^\s@]*@/#) { "\($0.1):•••@" }
            .replacing(#/\b((?:ssl)?password)\s*=\s*('(?:[^'\\]|\\.)*'|[^\s'&]+)/#.ignoresCase()) { "\($0.1)=•••" }
    }
}

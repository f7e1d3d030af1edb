// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A name in place of a topic's that begins with `^`: a regular expression, of which librdkafka says no more than that it is
/// an invalid argument.
enum TopicPattern {
    /// Refuses a pattern that is none, as librdkafka understands them: as extended regular expressions of POSIX.
    static func check(_ topic: String) throws(KafkaError) {
        guard topic.hasPrefix("^") else { return }
        var pattern = regex_t()
        let code = regcomp(&pattern, topic, REG_EXTENDED | REG_NOSUB)
        if code == 0 { return regfree(&pattern) }
        let (_, text) = withErrorText { regerror(code, &pattern, $0, $1) }
        throw KafkaError(
            .configuration,
            "The option 'topics' has '\(topic)', which is no regular expression: \(text); correct it, or leave out the '^' of a "
                + "topic's name"
        )
    }
}

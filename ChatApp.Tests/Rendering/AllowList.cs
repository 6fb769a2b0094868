using ChatApp.Rendering;

namespace ChatApp.Tests.Rendering;

/// <summary>Judges nodes without asking the code that made them: known elements, harmless addresses, visible text.</summary>
internal static class AllowList
{
    public static void Check(MarkdownNode root)
    {
        var stack = new Stack<(MarkdownNode Node, int Depth)>([(root, 0)]);
        while (stack.TryPop(out var at))
        {
            var (node, depth) = at;
            Assert.True(Enum.IsDefined(node.Element));
            Assert.InRange(depth, 0, 120);
            switch (node.Element)
            {
                case MarkdownElement.Link or MarkdownElement.ImageLink:
                    Assert.True(
                        node.Value!.StartsWith("http://", StringComparison.Ordinal) || node.Value.StartsWith("https://", StringComparison.Ordinal)
                        || node.Value.StartsWith("mailto:", StringComparison.Ordinal),
                        node.Value);
                    Assert.True(Uri.TryCreate(node.Value, UriKind.Absolute, out _));
                    break;
                case MarkdownElement.Text:
                    Assert.DoesNotContain(node.Value!, c => c is '\u202E' or '\u2066' or '\uFFFF' or '\uFFFE' or '\0' or '\u200B');
                    Assert.DoesNotContain("\uDB40", node.Value!, StringComparison.Ordinal);
                    break;
                case MarkdownElement.CodeBlock:
                    Assert.True(node.Value is null || node.Value.All(c => char.IsAsciiLetterOrDigit(c) || "+#-._".Contains(c)));
                    break;
                default:
                    break;
            }

            foreach (var child in node.Children)
            {
                stack.Push((child, depth + 1));
            }
        }
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace ChatApp.Tools.Mcp;

/// <summary>What a call gave, as text: models and people get texts as they are, and of all else what it is.</summary>
internal static class McpResult
{
    /// <exception cref="ToolException">The call has failed, or gave nothing that can be read.</exception>
    public static string Text(string server, JsonNode? result)
    {
        CallToolResult? read;
        try
        {
            read = result.Deserialize<CallToolResult>(McpJsonUtilities.DefaultOptions);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException)
        {
            read = null;
        }

        if (read is null)
        {
            throw new ToolException($"The server {server} gave a result that is none.");
        }

        var parts = (read.Content ?? []).Select(Describe).Where(part => part.Length > 0).ToList();
        var text = parts.Count > 0 ? string.Join("\n\n", parts) : read.StructuredContent?.ToString() ?? "";
        return read.IsError == true ? throw new ToolException(text.Length > 0 ? text : "The tool failed, and did not say why.") : text;
    }

    private static string Describe(ContentBlock part) => part switch
    {
        TextContentBlock text => text.Text ?? "",
        ImageContentBlock image => $"[An image, {Kind(image.MimeType)}, {Size(image.Data.Length)}: it can't be shown here.]",
        AudioContentBlock audio => $"[A sound, {Kind(audio.MimeType)}, {Size(audio.Data.Length)}: it can't be played here.]",
        EmbeddedResourceBlock { Resource: TextResourceContents text } => $"[{text.Uri}, {Kind(text.MimeType)}]\n{text.Text}",
        EmbeddedResourceBlock { Resource: BlobResourceContents blob } => $"[{blob.Uri}, {Kind(blob.MimeType)}, {Size(blob.Blob.Length)}: it can't be shown here.]",
        ResourceLinkBlock link => $"[{link.Title ?? link.Name}: {link.Uri}{(string.IsNullOrEmpty(link.Description) ? "" : $", {link.Description}")}]",
        _ => $"[{part.Type}: it can't be shown here.]",
    };

    private static string Kind(string? mimeType) => string.IsNullOrEmpty(mimeType) ? "of an unknown type" : mimeType;

    // As text, four characters hold three bytes.
    private static string Size(int characters) => characters * 3L / 4 is var bytes && bytes < 1024 ? $"{bytes} bytes" : $"{bytes / 1024} KB";
}

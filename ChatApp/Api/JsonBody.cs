using System.Text;
using System.Text.Json;

namespace ChatApp.Api;

/// <summary>Reads a JSON body strictly, and says exactly what is wrong with one that can't be read.</summary>
internal static class JsonBody
{
    /// <summary>The most a request may have.</summary>
    public const int MaxBytes = 1024 * 1024;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        AllowDuplicateProperties = false,
        MaxDepth = 32,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict,
    };

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The body as <typeparamref name="T"/> with its text, or the problem with it.</summary>
    public static async Task<(T? Value, byte[] Bytes, Problem? Problem)> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken, int most = MaxBytes)
        where T : class
    {
        var charset = request.GetTypedHeaders().ContentType?.Charset.Value?.Trim('"');
        if (!request.HasJsonContentType() || (charset is not null && !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)) || request.Headers.ContentEncoding.Count > 0)
        {
            return (null, [], Problem.UnsupportedMediaType);
        }

        if (await ReadBytesAsync(request, most, cancellationToken) is not { } bytes)
        {
            return (null, [], most == MaxBytes ? Problem.BodyTooLarge : Problem.FileTooLarge(most));
        }

        var (value, problem) = Parse<T>(bytes);
        return (value, bytes, problem);
    }

    /// <summary>What was received as <typeparamref name="T"/>, or the problem with it.</summary>
    public static (T? Value, Problem? Problem) Parse<T>(ReadOnlySpan<byte> bytes)
        where T : class
    {
        try
        {
            StrictUtf8.GetCharCount(bytes);
            if (JsonSerializer.Deserialize<T>(bytes, Options) is not { } value)
            {
                return (null, Problem.Validation("", "The body is null. Send an object."));
            }

            // Where a value is kept as JSON, half a character, as in "\ud83d", would be found only when it is used.
            return HasSurrogateEscape(bytes) && !IsWellFormed(bytes)
                ? (null, Problem.InvalidJson("The body is not valid UTF-8."))
                : (value, null);
        }
        catch (JsonException exception) when (exception.Message.StartsWith("Duplicate", StringComparison.Ordinal))
        {
            return (null, new Problem("duplicate-property", "A property stands twice", StatusCodes.Status400BadRequest, $"A property stands twice{At(exception)}."));
        }
        catch (JsonException exception) when (IsWellFormed(bytes))
        {
            return (null, Problem.Validation(exception.Path?.TrimStart('$', '.') ?? "", $"The value has the wrong type{At(exception)}."));
        }
        catch (JsonException exception)
        {
            return (null, Problem.InvalidJson($"The body can't be read{At(exception)}."));
        }
        catch (Exception exception) when (exception is DecoderFallbackException or InvalidOperationException)
        {
            return (null, Problem.InvalidJson("The body is not valid UTF-8."));
        }
    }

    /// <summary>The body's bytes; null where it has more than <paramref name="most"/>.</summary>
    public static async Task<byte[]?> ReadBytesAsync(HttpRequest request, int most, CancellationToken cancellationToken)
    {
        if (request.ContentLength > most)
        {
            return null;
        }

        using var body = new MemoryStream((int)(request.ContentLength ?? 0));
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (body.Length + read > most)
            {
                return null;
            }

            await body.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        return body.ToArray();
    }

    private static bool HasSurrogateEscape(ReadOnlySpan<byte> bytes) => bytes.IndexOf("\\ud"u8) >= 0 || bytes.IndexOf("\\uD"u8) >= 0;

    /// <summary>Whether it is JSON whose every text is whole: half a character, as in <c>"\ud83d"</c>, shows only when the text is taken.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 32 });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                {
                    // Half a character, as in "\ud83d", is found only when the text is taken.
                    reader.GetString();
                }
            }

            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string At(JsonException exception) => exception.LineNumber is { } line ? $" at {exception.Path}, line {line + 1}" : "";
}

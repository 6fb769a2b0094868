using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ChatApp.Security;

/// <summary>API keys: long random texts of which the settings hold only a hash. At 256 bits of chance a plain SHA-256 is enough; there is nothing to guess.</summary>
internal static class ApiKey
{
    /// <summary>How a key begins, so that people and scanners know one when they see it.</summary>
    public const string Prefix = "chatapp-";

    /// <summary>Makes a key: the prefix and 43 characters.</summary>
    public static string Create() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>What the settings hold of a key, as bytes.</summary>
    public static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}

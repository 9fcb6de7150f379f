export {
  listSandboxMessages,
  type Message,
  type MessagePurpose,
  readQueuedMessages,
  sendMessage,
} from './messages.ts';
